"""What a user's files hold: their form, their columns, and which of them to train on."""
