package io.resilver.bench.run;

import io.resilver.bench.report.BenchReport;
import io.resilver.host.cli.demo.DemoException;
import io.resilver.spi.error.RecoveryException;
import java.io.IOException;
import java.time.Duration;

/** A comparison that can be run by its name. */
public interface Bench {
    /**
     * What it is called on the command line and in its report.
     *
     * @return lower case and hyphens
     */
    String name();

    /**
     * What it does, for the help.
     *
     * @return one sentence
     */
    String work();

    /**
     * The disk space that it takes at most while it runs.
     *
     * @param smoke whether it runs small
     * @return bytes
     */
    long diskBytes(boolean smoke);

    /**
     * How long it may take where nobody says how often each side is measured: after that no other round begins. All of them
     * together are to end within 40 minutes.
     *
     * @return a time that counts what is set up, too
     */
    default Duration time() {
        return Duration.ofMinutes(4);
    }

    /**
     * Runs both sides, alternating, on the same data, with the same durability, and verifies what they made.
     *
     * @param bench its directory, its processes and how large it is to be
     * @return what it found
     * @throws DemoException when a process failed, or a side did not do what it is to do
     * @throws RecoveryException when ours failed
     * @throws IOException when the disk or a socket failed
     */
    BenchReport measure(Workbench bench) throws DemoException, RecoveryException, IOException;
}
