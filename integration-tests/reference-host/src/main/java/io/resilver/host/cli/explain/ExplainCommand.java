package io.resilver.host.cli.explain;

import io.resilver.engine.Planned;
import io.resilver.engine.Planner;
import io.resilver.host.cli.Streams;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Answers each line of standard input with one line, in order. */
@Command(
        name = "explain",
        description = {
            "Reads JSON lines that say where a source and a replica stand, and answers each with a line that says what"
                    + " the replica needs and why.",
            "A line with an error is answered with the error and its field; the rest still runs."
        },
        footer = {
            "",
            "For example:",
            "  {\"id\":\"x\",\"history\":{\"headLsn\":100,\"tailLsn\":30,\"committedLsn\":100},"
                    + "\"replica\":{\"flushedLsn\":70}}",
            "Exit code: 0 done, 1 when any line failed, 2 wrong usage."
        },
        mixinStandardHelpOptions = true)
public final class ExplainCommand implements Callable<Integer> {
    private final Streams streams;

    /**
     * The command over some streams.
     *
     * @param streams what it reads and writes
     */
    public ExplainCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        boolean failed = false;
        AnswerWriter answers = new AnswerWriter(streams.out());
        // Whoever waits for an answer before asking on must get it: flushed before each read that may wait.
        Lines lines = new Lines(streams.in(), answers);
        for (Optional<Lines.Line> line = lines.next(); line.isPresent(); line = lines.next()) {
            if (!line.get().isBlank()) {
                failed |= !answer(line.get(), answers);
            }
        }
        answers.flush();
        return failed ? 1 : 0;
    }

    /** Whether the line could be answered. */
    private static boolean answer(Lines.Line line, AnswerWriter answers) throws IOException {
        Question parsed = QuestionParser.parse(line);
        if (parsed instanceof Question.Refused refused) {
            answers.write(refused);
            return false;
        }
        Question.Asked question = (Question.Asked) parsed;
        Planned planned = Planner.plan(question.history(), question.replica());
        if (planned instanceof Planned.Inconsistent wrong) {
            answers.write(new Question.Refused(question.id(), wrong.message(), Optional.of(wrong.field())));
            return false;
        }
        answers.write(question, ((Planned.Decided) planned).decision());
        return true;
    }
}
