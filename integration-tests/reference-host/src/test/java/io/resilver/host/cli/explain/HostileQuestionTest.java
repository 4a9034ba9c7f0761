package io.resilver.host.cli.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.host.cli.Main;
import io.resilver.host.cli.Streams;
import io.resilver.hostile.Inputs;
import io.resilver.hostile.Mutator;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Questions that are nearly right. */
class HostileQuestionTest {
    private static final List<String> GOOD = List.of("""
            {"id":"x","history":{"headLsn":100,"tailLsn":30,"committedLsn":100,"checkpointLsn":50,"checkpointTrusted":true,\
            "lineage":[{"epoch":1,"firstLsn":1}]},"replica":{"flushedLsn":70,"truncationFloorLsn":0,"committedLsn":60,\
            "usable":true,"lineage":[{"epoch":1,"firstLsn":1,"mintId":"a1"}]}}
            """, """
            {"history":{"headLsn":7,"tailLsn":0,"committedLsn":7},"replica":{"flushedLsn":9223372036854775807}}
            """);

    /** Lines in one run of the command, whose start costs more than a line. */
    private static final int LINES = 20;

    private static final long MOST_BYTES = 16 << 20;

    @Test
    @DisplayName("R8, R51: each line is answered by one line, whatever it is, and the lines after it are answered too")
    void nearlyQuestions() {
        Inputs.triedLess(1, LINES, MOST_BYTES, random -> {
            ByteArrayOutputStream in = new ByteArrayOutputStream();
            int lines = 0;
            for (int i = 0; i < LINES; i++) {
                byte[] line = withoutBreaks(random);
                if (new String(line, StandardCharsets.UTF_8).isBlank()) {
                    continue;
                }
                in.writeBytes(line);
                in.write('\n');
                lines++;
            }
            in.writeBytes(GOOD.get(0).getBytes(StandardCharsets.UTF_8));
            List<String> answers = answers(in.toByteArray());
            assertThat(answers).hasSize(lines + 1);
            assertThat(answers).allMatch(answer -> answer.contains("\"outcome\":") || answer.contains("\"error\":"));
            assertThat(answers.get(lines)).contains("\"outcome\":\"CATCH_UP\"");
        });
    }

    private static byte[] withoutBreaks(Random random) {
        byte[] bytes = new Mutator(random)
                .mutate(
                        GOOD.get(random.nextInt(GOOD.size())).strip().getBytes(StandardCharsets.UTF_8),
                        GOOD.get(random.nextInt(GOOD.size())).strip().getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n' || bytes[i] == '\r') {
                bytes[i] = ' ';
            }
        }
        return bytes;
    }

    private static List<String> answers(byte[] in) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Main.run(
                new Streams(new ByteArrayInputStream(in), out, new PrintStream(err, true, StandardCharsets.UTF_8)),
                "explain");
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
        return new ArrayList<>(out.toString(StandardCharsets.UTF_8).lines().toList());
    }
}
