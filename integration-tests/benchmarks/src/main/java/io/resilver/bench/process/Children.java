package io.resilver.bench.process;

import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The processes of a comparison. None outlives it: {@link #end} kills all and lets no other begin. A process whose comparison
 * was itself killed, so that nobody calls that, ends by the end of its standard input. Thread safe.
 */
public final class Children {
    private final List<HostProcess> started = new ArrayList<>();
    private boolean ended;

    /**
     * Starts a process, unless the comparison is over.
     *
     * @param name for messages
     * @param program what it runs; it speaks as {@link HostProcess} says, and ends with its standard input
     * @return the process
     * @throws DemoException when it could not be started
     */
    public synchronized HostProcess start(String name, ProcessBuilder program) throws DemoException {
        if (ended) {
            throw new DemoException("the comparison was ended");
        }
        try {
            HostProcess child = new HostProcess(name, program.start());
            started.add(child);
            return child;
        } catch (IOException e) {
            throw new DemoException("process " + name + " could not be started: " + e.getMessage(), e);
        }
    }

    /**
     * Kills a process that was started here, stopped or not, and waits until it is gone.
     *
     * @param child the process; one that has ended already is no error
     * @throws DemoException when it is still there
     */
    public void kill(HostProcess child) throws DemoException {
        child.kill();
        synchronized (this) {
            started.remove(child);
        }
    }

    /**
     * Kills every process, whose users hear that it has ended, and starts none any more. Idempotent.
     *
     * @throws DemoException when one is still there
     */
    public void end() throws DemoException {
        List<HostProcess> left;
        synchronized (this) {
            ended = true;
            left = List.copyOf(started);
        }
        for (HostProcess each : left) {
            kill(each);
        }
    }
}
