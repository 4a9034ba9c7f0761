package io.resilver.host.cli.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarStyle;

/** Says on standard error how far the story is: a bar on a terminal, plain lines elsewhere. */
interface Narrator extends AutoCloseable {
    /** Something begins. */
    void says(String what);

    @Override
    void close();

    /** The fitting one. */
    static Narrator of(PrintStream err, int steps) {
        return isTerminal() ? new Bar(err, steps) : new Lines(err);
    }

    /** Java before 22 cannot ask for one stream; the shell's own test can. */
    private static boolean isTerminal() {
        try {
            Process test = new ProcessBuilder("test", "-t", "2").inheritIO().start();
            return test.waitFor(1, TimeUnit.SECONDS) && test.exitValue() == 0;
        } catch (IOException noSuchCommand) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Plain lines. */
    record Lines(PrintStream err) implements Narrator {
        @Override
        public void says(String what) {
            err.println("demo: " + what);
        }

        @Override
        public void close() {
            err.flush();
        }
    }

    /** One bar, a step each time. */
    final class Bar implements Narrator {
        private final ProgressBar bar;
        private boolean begun;

        Bar(PrintStream err, int steps) {
            bar = ProgressBar.builder()
                    .setTaskName("demo")
                    .setInitialMax(steps)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setConsumer(new ConsoleProgressBarConsumer(err))
                    .build();
        }

        @Override
        public void says(String what) {
            if (begun) {
                bar.step();
            }
            begun = true;
            bar.setExtraMessage(what);
        }

        @Override
        public void close() {
            bar.close();
        }
    }
}
