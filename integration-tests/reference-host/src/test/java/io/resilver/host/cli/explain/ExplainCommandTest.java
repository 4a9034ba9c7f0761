package io.resilver.host.cli.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.resilver.host.cli.Main;
import io.resilver.host.cli.Streams;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** R8: the same planner as the driver's, as a filter over JSON lines. */
class ExplainCommandTest {
    private static final String HISTORY = "\"history\":{\"headLsn\":100,\"tailLsn\":30,\"committedLsn\":100}";
    private static final String REPLICA = "\"replica\":{\"flushedLsn\":70}";
    private static final String GOOD = "{\"id\":\"good\"," + HISTORY + "," + REPLICA + "}";
    private static final String WHOLE = """
            {"id":"x","history":{"headLsn":100,"tailLsn":30,"committedLsn":100,"checkpointLsn":50,"checkpointTrusted":true,\
            "lineage":[{"epoch":1,"firstLsn":1}]},"replica":{"flushedLsn":70,"truncationFloorLsn":0,"committedLsn":60,\
            "usable":true,"lineage":[{"epoch":1,"firstLsn":1,"mintId":"a1"}]}}""";

    static Stream<Arguments> answers() {
        String linear = "\"lineage\":[{\"epoch\":1,\"firstLsn\":1}]";
        String forked = "\"lineage\":[{\"epoch\":1,\"firstLsn\":1},{\"epoch\":2,\"firstLsn\":81}]";
        return Stream.of(
                Arguments.of(WHOLE, """
                        {"id":"x","outcome":"CATCH_UP","reason":"GAP_WITHIN_RETENTION","lineageKnown":true,\
                        "truncateToLsn":null,"replayFromLsn":70,"targetLsn":100,"pins":["LOG@70"],"rebuildSource":null,\
                        "rebuildReason":null,"explanation":"The replica ends at LSN 70, and the source's log still \
                        holds what comes after it. The log after LSN 70 is replayed up to the committed LSN 100."}"""),
                Arguments.of(
                        WHOLE.replace("\"id\":\"x\",", "").replace("\"flushedLsn\":70", "\"flushedLsn\":100"), """
                        {"id":null,"outcome":"ZERO_GAP","reason":"AT_COMMITTED","lineageKnown":true,\
                        "truncateToLsn":null,"replayFromLsn":null,"targetLsn":100,"pins":[],"rebuildSource":null,\
                        "rebuildReason":null,"explanation":"The replica ends at the committed LSN 100: nothing is to be \
                        sent."}"""),
                Arguments.of(
                        question(
                                "\"headLsn\":100,\"tailLsn\":30,\"committedLsn\":80," + forked,
                                "\"flushedLsn\":100," + linear),
                        """
                        {"id":"q","outcome":"CATCH_UP","reason":"DIVERGED","lineageKnown":true,"truncateToLsn":80,\
                        "replayFromLsn":null,"targetLsn":80,"pins":[],"rebuildSource":null,"rebuildReason":null,\
                        "explanation":"The logs agree up to LSN 80 only: the replica is cut back to it from LSN 100."}"""),
                Arguments.of(
                        question(
                                "\"headLsn\":100,\"tailLsn\":80,\"committedLsn\":100,\"checkpointLsn\":90,"
                                        + "\"checkpointTrusted\":true," + linear,
                                "\"flushedLsn\":70," + linear),
                        """
                        {"id":"q","outcome":"NEEDS_REBUILD","reason":"GAP_BEYOND_RETENTION","lineageKnown":true,\
                        "truncateToLsn":null,"replayFromLsn":null,"targetLsn":100,"pins":["SNAPSHOT@90","LOG@90"],\
                        "rebuildSource":"SNAPSHOT_AND_TAIL","rebuildReason":null,"explanation":"The source's log begins \
                        after LSN 80 and does not hold all that the replica, which ends at LSN 70, lacks. It is rebuilt \
                        from the checkpoint at LSN 90 and the log after it, up to the committed LSN 100."}"""),
                Arguments.of(
                        question(
                                "\"headLsn\":100,\"tailLsn\":30,\"committedLsn\":100",
                                "\"flushedLsn\":70,\"usable\":false"),
                        """
                        {"id":"q","outcome":"NEEDS_REBUILD","reason":"TARGET_NOT_USABLE","lineageKnown":false,\
                        "truncateToLsn":null,"replayFromLsn":null,"targetLsn":100,"pins":["LOG@100","FULL_BASE@100"],\
                        "rebuildSource":"FULL_BASE","rebuildReason":"NO_CHECKPOINT","explanation":"The replica's store \
                        says that its content counts for nothing. It is rebuilt from a full base of at least LSN 100, \
                        because the source has no checkpoint."}"""),
                Arguments.of(
                        question("\"headLsn\":100,\"tailLsn\":30,\"committedLsn\":null", "\"flushedLsn\":70"), """
                        {"id":"q","outcome":"UNDECIDED","reason":"NO_COMMITTED_BOUNDARY","lineageKnown":false,\
                        "truncateToLsn":null,"replayFromLsn":null,"targetLsn":null,"pins":[],"rebuildSource":null,\
                        "rebuildReason":null,"explanation":"The source does not know what is committed: nothing is \
                        changed, and it is asked again later."}"""));
    }

    /** R8: whole lines, key by key in their order. */
    @ParameterizedTest
    @MethodSource("answers")
    void aQuestionIsAnsweredInOneLine(String line, String answer) {
        assertThat(answers(0, line)).containsExactly(answer);
    }

    static Stream<Arguments> reasons() {
        return Stream.of(
                // what is optional may be missing or, where it means unknown, null
                reason("NO_COMMITTED_BOUNDARY", "\"headLsn\":100,\"tailLsn\":30", "\"flushedLsn\":70"),
                reason("GAP_WITHIN_RETENTION", history(""), "\"flushedLsn\":70,\"committedLsn\":null,\"lineage\":null"),
                reason("GAP_WITHIN_RETENTION", history(",\"lineage\":null"), "\"flushedLsn\":70"),
                reason(
                        "AT_COMMITTED",
                        history(",\"lineage\":[{\"epoch\":1,\"firstLsn\":1,\"mintId\":null}]"),
                        "\"flushedLsn\":100,\"lineage\":[{\"firstLsn\":1,\"epoch\":1,\"mintId\":\"a\"}]"),
                reason("SOURCE_INCOMPLETE", history(""), "\"flushedLsn\":120,\"committedLsn\":101"),
                reason("REPLICA_AHEAD", history(""), "\"flushedLsn\":120,\"truncationFloorLsn\":100"),
                reason("TRUNCATION_UNSAFE", history(""), "\"flushedLsn\":120,\"truncationFloorLsn\":101"),
                reason(
                        "AHEAD_WITHIN_LINEAGE",
                        "\"headLsn\":100,\"tailLsn\":30,\"committedLsn\":50,\"lineage\":[{\"epoch\":1,\"firstLsn\":1}]",
                        "\"flushedLsn\":70,\"lineage\":[{\"epoch\":1,\"firstLsn\":1}]"),
                // an empty lineage is an empty log, not an unknown one
                reason(
                        "AT_COMMITTED",
                        "\"headLsn\":0,\"tailLsn\":0,\"committedLsn\":0,\"lineage\":[]",
                        "\"flushedLsn\":0,\"lineage\":[]"),
                reason(
                        "GAP_BEYOND_RETENTION",
                        "\"headLsn\":9223372036854775807,\"tailLsn\":9223372036854775807,\"committedLsn\":-0",
                        "\"flushedLsn\":0"));
    }

    @ParameterizedTest
    @MethodSource("reasons")
    void whatIsOptionalMayBeLeftOut(String reason, String line) {
        assertThat(answers(0, line)).singleElement().asString().contains("\"reason\":\"" + reason + "\"");
    }

    static Stream<Arguments> errors() {
        return Stream.of(
                // missing, unknown and double keys
                error("history", "{\"id\":\"q\"," + REPLICA + "}"),
                error("replica", "{\"id\":\"q\"," + HISTORY + "}"),
                error("history.headLsn", question("\"tailLsn\":30", "\"flushedLsn\":70")),
                error("history.tailLsn", question("\"headLsn\":100", "\"flushedLsn\":70")),
                error("replica.flushedLsn", question(history(""), "")),
                error("history.lineage[0].epoch", lineage("{\"firstLsn\":1}")),
                error("history.lineage[1].firstLsn", lineage("{\"epoch\":1,\"firstLsn\":1},{\"epoch\":2}")),
                error("extra", "{\"extra\":{\"a\":[1,{}]}," + HISTORY + "," + REPLICA + ",\"id\":\"q\"}"),
                error("history.tailLSN", question(history(",\"tailLSN\":3"), "\"flushedLsn\":70")),
                error("replica.flushed", question(history(""), "\"flushedLsn\":70,\"flushed\":70")),
                error("history.lineage[0].mint", lineage("{\"epoch\":1,\"firstLsn\":1,\"mint\":\"a\"}")),
                error("history.tailLsn", question(history(",\"tailLsn\":30"), "\"flushedLsn\":70")),
                error("history", "{\"id\":\"q\"," + HISTORY + "," + HISTORY + "," + REPLICA + "}"),
                error("id", "{\"id\":\"q\",\"id\":\"r\"," + HISTORY + "," + REPLICA + "}"),
                // wrong types
                error("history", "{\"id\":\"q\",\"history\":[]," + REPLICA + "}"),
                error("replica", "{\"id\":\"q\"," + HISTORY + ",\"replica\":null}"),
                error("history.headLsn", question("\"headLsn\":\"100\",\"tailLsn\":30", "\"flushedLsn\":70")),
                error("history.headLsn", question("\"headLsn\":null,\"tailLsn\":30", "\"flushedLsn\":70")),
                error("history.checkpointLsn", question(history(",\"checkpointLsn\":true"), "\"flushedLsn\":70")),
                error("history.checkpointTrusted", question(history(",\"checkpointTrusted\":1"), "\"flushedLsn\":70")),
                error("history.lineage", question(history(",\"lineage\":{}"), "\"flushedLsn\":70")),
                error("history.lineage[0]", lineage("1")),
                error("history.lineage[0].mintId", lineage("{\"epoch\":1,\"firstLsn\":1,\"mintId\":1}")),
                error("history.lineage[0].mintId", lineage("{\"epoch\":1,\"firstLsn\":1,\"mintId\":\"a b\"}")),
                error("replica.usable", question(history(""), "\"flushedLsn\":70,\"usable\":\"yes\"")),
                error("replica.usable", question(history(""), "\"flushedLsn\":70,\"usable\":null")),
                // numbers
                error("history.tailLsn", question("\"headLsn\":100,\"tailLsn\":30.5", "\"flushedLsn\":70")),
                error("history.tailLsn", question("\"headLsn\":100,\"tailLsn\":30.0", "\"flushedLsn\":70")),
                error("history.tailLsn", question("\"headLsn\":100,\"tailLsn\":3e1", "\"flushedLsn\":70")),
                error("history.headLsn", question("\"headLsn\":9223372036854775808,\"tailLsn\":1", "\"flushedLsn\":7")),
                error(
                        "history.headLsn",
                        question("\"headLsn\":" + "9".repeat(5000) + ",\"tailLsn\":1", "\"flushedLsn\":7")),
                error("replica.committedLsn", question(history(""), "\"flushedLsn\":70,\"committedLsn\":1e400")),
                error("history.lineage[0].epoch", lineage("{\"epoch\":0,\"firstLsn\":1}")),
                error("history.lineage[0].firstLsn", lineage("{\"epoch\":1,\"firstLsn\":-5}")),
                // facts that contradict each other
                error(
                        "history.tailLsn",
                        question("\"headLsn\":100,\"tailLsn\":101,\"committedLsn\":1", "\"flushedLsn\":7")),
                error(
                        "history.tailLsn",
                        question("\"headLsn\":100,\"tailLsn\":-1,\"committedLsn\":1", "\"flushedLsn\":7")),
                error(
                        "history.committedLsn",
                        question("\"headLsn\":100,\"tailLsn\":1,\"committedLsn\":101", "\"flushedLsn\":7")),
                error("history.checkpointLsn", question(history(",\"checkpointLsn\":101"), "\"flushedLsn\":7")),
                error("replica.truncationFloorLsn", question(history(""), "\"flushedLsn\":7,\"truncationFloorLsn\":8")),
                error("replica.committedLsn", question(history(""), "\"flushedLsn\":7,\"committedLsn\":8")),
                error("history.lineage", lineage("")),
                error("history.lineage", lineage("{\"epoch\":2,\"firstLsn\":1},{\"epoch\":1,\"firstLsn\":5}")),
                error(
                        "replica.lineage",
                        question(history(""), "\"flushedLsn\":7,\"lineage\":[{\"epoch\":1,\"firstLsn\":9}]")));
    }

    /** Bad input names its field, keeps its id wherever that stands, and the rest still runs. */
    @ParameterizedTest
    @MethodSource("errors")
    void anErrorNamesItsFieldAndTheRestStillRuns(String field, String line) {
        List<String> answers = answers(1, line, GOOD);
        assertThat(answers).hasSize(2);
        assertThat(answers.get(0))
                .startsWith("{\"id\":\"q\",\"error\":\"" + field)
                .endsWith(",\"field\":\"" + field + "\"}");
        assertThat(answers.get(1)).startsWith("{\"id\":\"good\",\"outcome\":");
    }

    static Stream<String> malformed() {
        return Stream.of(
                "{",
                "}",
                "nonsense",
                "{'id':'q'}",
                GOOD + " x",
                GOOD + GOOD,
                GOOD + "{\"id\":",
                GOOD.replace("\"flushedLsn\":70", "\"flushedLsn\":070"),
                GOOD.replace("\"flushedLsn\":70", "\"flushedLsn\":NaN"),
                GOOD.replace("}", ",}"),
                GOOD.replace("{\"id\"", "{\"extra\":[1,2,\"id\""),
                "[]",
                "7",
                "\"text\"",
                "null",
                "\uFEFF" + GOOD,
                "[".repeat(200_000),
                "{\"id\":\"q\",\"extra\":" + "[".repeat(1000) + "]".repeat(1000) + "}",
                "{\"id\":\"q\",\"extra\":\"" + "x".repeat(Lines.LONGEST_BYTES) + "\"}");
    }

    /** What is not one JSON object has neither id nor field. */
    @ParameterizedTest
    @MethodSource("malformed")
    void aMalformedLineHasNoIdAndNoField(String line) {
        List<String> answers = answers(1, line, GOOD);
        assertThat(answers).hasSize(2);
        assertThat(answers.get(0)).startsWith("{\"id\":null,\"error\":\"").endsWith("\",\"field\":null}");
        assertThat(answers.get(1)).startsWith("{\"id\":\"good\",\"outcome\":");
    }

    @Test
    void bytesThatAreNotUtf8AreAnErrorOfTheirLineAlone() throws IOException {
        for (byte[] bad : new byte[][] {
            {(byte) 0xff}, {(byte) 0xc3, '('}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}, {0, '{', 0, '}'}
        }) {
            ByteArrayOutputStream in = new ByteArrayOutputStream();
            in.write("{\"id\":\"".getBytes(StandardCharsets.UTF_8));
            in.write(bad);
            in.write(("\"}\n" + GOOD).getBytes(StandardCharsets.UTF_8));
            Result result = run(new ByteArrayInputStream(in.toByteArray()));
            assertThat(result.code()).isEqualTo(1);
            assertThat(result.lines()).hasSize(2);
            assertThat(result.lines().get(0)).startsWith("{\"id\":null").endsWith("\"field\":null}");
            assertThat(result.lines().get(1)).startsWith("{\"id\":\"good\"");
        }
    }

    @Test
    void idsComeBackAsTheyWere() {
        assertThat(answers(0, GOOD.replace("good", "é中😀 \\\" \\u0001")))
                .singleElement()
                .asString()
                .contains("é中\\uD83D\\uDE00 \\\" \\u0001");
        assertThat(answers(0, GOOD.replace("good", "\\ud800")))
                .singleElement()
                .asString()
                .startsWith("{\"id\":\"\\uD800\"");
        assertThat(answers(1, GOOD.replace("\"good\"", "7")))
                .singleElement()
                .asString()
                .startsWith("{\"id\":null,\"error\":\"id must be a string")
                .endsWith("\"field\":\"id\"}");
        assertThat(answers(0, GOOD.replace("\"good\"", "null")))
                .singleElement()
                .asString()
                .startsWith("{\"id\":null,\"outcome\"");
    }

    @Test
    void blankLinesAreIgnoredAndLinesMayEndAsTheyLike() {
        assertThat(answers(0)).isEmpty();
        assertThat(answers(0, "", "  \t ", "\r")).isEmpty();
        assertThat(answers(0, GOOD + "\r", "", " " + GOOD + " ", "\r")).hasSize(2);
        assertThat(run(new ByteArrayInputStream(GOOD.getBytes(StandardCharsets.UTF_8)))
                        .lines())
                .hasSize(1);
    }

    @Test
    void theLongestLineIsStillAnswered() {
        String padded = GOOD.substring(0, GOOD.length() - 1) + " ".repeat(Lines.LONGEST_BYTES - GOOD.length()) + "}";
        assertThat(padded).hasSize(Lines.LONGEST_BYTES);
        assertThat(answers(0, padded, GOOD)).hasSize(2);
        assertThat(answers(1, padded + " ", GOOD).get(0))
                .startsWith("{\"id\":null")
                .contains("longer than 1048576 bytes");
    }

    /** Whoever asks line by line gets each answer before the next question. */
    @Test
    void anAnswerIsWrittenBeforeTheNextQuestionIsAwaited() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<Integer> answered = new ArrayList<>();
        InputStream oneByOne = new InputStream() {
            private int asked;

            @Override
            public int read() {
                throw new AssertionError("a line is read in one go");
            }

            @Override
            public int read(byte[] into, int offset, int length) {
                answered.add((int) out.toString(StandardCharsets.UTF_8).lines().count());
                byte[] line = (GOOD + "\n").getBytes(StandardCharsets.UTF_8);
                if (asked++ == 3) {
                    return -1;
                }
                System.arraycopy(line, 0, into, offset, line.length);
                return line.length;
            }
        };
        assertThat(Main.run(new Streams(oneByOne, out, System.err), "explain")).isZero();
        assertThat(answered).containsExactly(0, 1, 2, 3);
    }

    @Test
    void aFailingInputIsNotTakenForItsEnd() {
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("disk gone");
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                return read();
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Streams streams =
                new Streams(broken, new ByteArrayOutputStream(), new PrintStream(err, true, StandardCharsets.UTF_8));
        assertThat(Main.run(streams, "explain")).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("disk gone");
        assertThatThrownBy(() -> new ExplainCommand(streams).call()).isInstanceOf(IOException.class);
    }

    @Test
    void aHundredThousandLinesAreAnsweredInOrder() {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 100_000; i++) {
            all.append(WHOLE.replace("\"id\":\"x\"", "\"id\":\"" + i + "\"")).append('\n');
        }
        List<String> lines = run(new ByteArrayInputStream(all.toString().getBytes(StandardCharsets.UTF_8)))
                .lines();
        assertThat(lines).hasSize(100_000);
        for (int i = 0; i < lines.size(); i++) {
            assertThat(lines.get(i).startsWith("{\"id\":\"" + i + "\",")).isTrue();
        }
    }

    private record Result(int code, List<String> lines) {}

    private static List<String> answers(int code, String... lines) {
        Result result = run(new ByteArrayInputStream(String.join("\n", lines).getBytes(StandardCharsets.UTF_8)));
        assertThat(result.code()).isEqualTo(code);
        return result.lines();
    }

    private static Result run(InputStream in) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(new Streams(in, out, new PrintStream(err, true, StandardCharsets.UTF_8)), "explain");
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
        String text = out.toString(StandardCharsets.UTF_8);
        assertThat(text.isEmpty() || text.endsWith("\n")).isTrue();
        return new Result(code, text.lines().toList());
    }

    private static String history(String more) {
        return "\"headLsn\":100,\"tailLsn\":30,\"committedLsn\":100" + more;
    }

    private static String question(String history, String replica) {
        return "{\"id\":\"q\",\"history\":{" + history + "},\"replica\":{" + replica + "}}";
    }

    private static String lineage(String elements) {
        return question(history(",\"lineage\":[" + elements + "]"), "\"flushedLsn\":70");
    }

    private static Arguments reason(String reason, String history, String replica) {
        return Arguments.of(reason, question(history, replica));
    }

    private static Arguments error(String field, String line) {
        return Arguments.of(field, line);
    }
}
