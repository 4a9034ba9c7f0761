package io.resilver.host.cli.demo;

import io.resilver.host.cli.control.Message;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How one part of the story ended.
 *
 * @param part its letter
 * @param title what happened in it, for people
 * @param outcome what the replica needed
 * @param reason why
 * @param rebuildSource where a rebuild's base came from
 * @param entries log entries sent
 * @param bytesSent payload sent
 * @param seconds from the begin of the recovery to its completion
 * @param verified whether every image and every acknowledged write was what it must be
 * @param epoch under which it ended
 * @param killedAtLsn what was durable at the target when the primary was killed
 */
record PartResult(
        String part,
        String title,
        String outcome,
        String reason,
        Optional<String> rebuildSource,
        long entries,
        long bytesSent,
        double seconds,
        boolean verified,
        long epoch,
        OptionalLong killedAtLsn) {
    private static final double NANOS_PER_SECOND = 1e9;

    static PartResult of(String part, String title, Message report, boolean verified, OptionalLong killedAtLsn)
            throws Message.MalformedException {
        return new PartResult(
                part,
                title,
                report.requireText("outcome"),
                report.requireText("reason"),
                report.text("rebuildSource"),
                report.requireSize("entries"),
                report.requireSize("bytesSent"),
                report.requireSize("nanos") / NANOS_PER_SECOND,
                verified,
                report.requireSize("epoch"),
                killedAtLsn);
    }
}
