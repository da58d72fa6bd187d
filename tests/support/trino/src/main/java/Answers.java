import io.trino.Session;
import io.trino.spi.TrinoException;
import io.trino.spi.type.TimeZoneKey;
import io.trino.sql.parser.ParsingException;
import io.trino.testing.LocalQueryRunner;
import io.trino.testing.MaterializedResult;
import io.trino.testing.TestingSession;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/**
 * Answers SELECTs, a line each, by Trino itself: the query, the types and the rows, with tabs
 * between them, or the query, an exclamation mark and the error's code.
 *
 * <p>From this folder, with Java 17:
 *
 * <pre>
 * mvn compile dependency:build-classpath -Dmdep.outputFile=target/classpath
 * cut -f 2 ../../local/standins/athena_values.tsv | java -Dfile.encoding=UTF-8 \
 *   --add-opens=java.base/java.nio=ALL-UNNAMED -cp "target/classes:$(cat target/classpath)" Answers
 * </pre>
 */
public final class Answers {
    private Answers() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        Session session =
                TestingSession.testSessionBuilder().setTimeZoneKey(TimeZoneKey.UTC_KEY).build();
        LocalQueryRunner trino = LocalQueryRunner.create(session);
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String query;
        while ((query = lines.readLine()) != null) {
            out.println(query + "\t" + answer(trino, query));
        }
        System.exit(0);
    }

    private static String answer(LocalQueryRunner trino, String query) {
        try {
            MaterializedResult result = trino.execute(query);
            String rows =
                    result.getMaterializedRows().stream()
                            .map(row -> row.getFields().toString())
                            .collect(Collectors.joining(" | "));
            return result.getTypes() + "\t" + rows;
        } catch (Exception error) {
            return "!\t" + code(error);
        }
    }

    private static String code(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof TrinoException) {
                return ((TrinoException) cause).getErrorCode().getName();
            }
            if (cause instanceof ParsingException) {
                return "SYNTAX_ERROR";
            }
        }
        return error.toString();
    }
}
