// What commands print in the tests has no colours, whatever the machine: picocolors colours where CI is set.
process.env.NO_COLOR = "1";
