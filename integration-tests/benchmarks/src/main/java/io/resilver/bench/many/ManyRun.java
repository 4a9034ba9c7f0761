package io.resilver.bench.many;

import io.resilver.host.cli.control.Message;
import io.resilver.host.cli.demo.DemoException;

/**
 * What one recovery of a group took.
 *
 * @param megabytesPerSecond payload by the time from the first request to the last completion, 10^6 bytes a second
 * @param entries that were sent
 * @param meanMs from having a slot to completion, a replica
 * @param p99Ms of the same
 * @param meanFromStartMs from the common beginning to completion, a replica
 * @param p99FromStartMs of the same
 * @param threads the most of both processes at any time
 * @param verified whether the target holds what the source holds
 */
record ManyRun(
        double megabytesPerSecond,
        long entries,
        double meanMs,
        double p99Ms,
        double meanFromStartMs,
        double p99FromStartMs,
        double threads,
        boolean verified) {
    static ManyRun of(Message source, Message target, boolean verified) throws DemoException {
        try {
            return new ManyRun(
                    source.requireNumber("bytes") * 1e3 / source.requireNumber("nanos"),
                    source.requireNumber("entries"),
                    source.requireNumber("mean") / 1e6,
                    source.requireNumber("p99") / 1e6,
                    source.requireNumber("meanFromStart") / 1e6,
                    source.requireNumber("p99FromStart") / 1e6,
                    source.requireNumber("threads") + target.requireNumber("threads"),
                    verified);
        } catch (Message.MalformedException e) {
            throw new DemoException("a host answered what is not understood: " + e.getMessage(), e);
        }
    }
}
