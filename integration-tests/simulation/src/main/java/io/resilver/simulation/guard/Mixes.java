package io.resilver.simulation.guard;

import static io.resilver.simulation.fault.FaultKind.BAD_CHECKPOINT;
import static io.resilver.simulation.fault.FaultKind.BIT_ROT;
import static io.resilver.simulation.fault.FaultKind.CANCEL;
import static io.resilver.simulation.fault.FaultKind.CHANGED_LEAST;
import static io.resilver.simulation.fault.FaultKind.CRASH;
import static io.resilver.simulation.fault.FaultKind.ENSEMBLE_RESTORE;
import static io.resilver.simulation.fault.FaultKind.EXPIRY;
import static io.resilver.simulation.fault.FaultKind.FAILING_FLUSH;
import static io.resilver.simulation.fault.FaultKind.ISOLATION;
import static io.resilver.simulation.fault.FaultKind.ONE_WAY;
import static io.resilver.simulation.fault.FaultKind.OUTDATED_RESTORE;
import static io.resilver.simulation.fault.FaultKind.PARTITION;
import static io.resilver.simulation.fault.FaultKind.PAUSE;
import static io.resilver.simulation.fault.FaultKind.REPLACED_DISK;
import static io.resilver.simulation.fault.FaultKind.RESET;
import static io.resilver.simulation.fault.FaultKind.RESTART;
import static io.resilver.simulation.fault.FaultKind.RESTORED_DISK;
import static io.resilver.simulation.fault.FaultKind.REVOKED_PINS;
import static io.resilver.simulation.fault.FaultKind.SERVICE_CUT;
import static io.resilver.simulation.fault.FaultKind.SERVICE_SLOW;
import static io.resilver.simulation.fault.FaultKind.SLOW_DISK;

import io.resilver.simulation.fault.Mix;

/** Faults that make a guard matter: each mix serves more than one. */
final class Mixes {
    static final Mix DEPOSED = Mix.of("primaries that are deposed", ISOLATION, PAUSE, PARTITION, ONE_WAY, SERVICE_CUT);
    static final Mix LEFT_BEHIND = Mix.of("primaries that leave something behind", ISOLATION, PAUSE, CRASH)
            .clients(1_500);
    static final Mix LOSSES = Mix.of("members that go and come", ISOLATION, PAUSE, PARTITION, CRASH, SERVICE_SLOW);
    static final Mix HASTY = Mix.of("sessions that end under hasty policies", EXPIRY, EXPIRY, ISOLATION)
            .every(300)
            .clients(40)
            .grace(50);
    static final Mix DOUBTS = Mix.of("answers that are lost", SERVICE_SLOW, SERVICE_SLOW, ISOLATION, PAUSE, EXPIRY)
            .every(400);
    static final Mix SESSIONS = Mix.of("sessions that end", EXPIRY, EXPIRY, SERVICE_SLOW, SERVICE_SLOW, PARTITION)
            .every(300);
    static final Mix LATE = Mix.of("answers that come late", SERVICE_SLOW, SERVICE_SLOW, SERVICE_SLOW, PAUSE, PARTITION)
            .every(300);
    static final Mix DISKS = Mix.of("disks that are other ones", REPLACED_DISK, RESTORED_DISK, CRASH);
    static final Mix SWAPPED = Mix.of(
                    "disks that are swapped while answers are lost",
                    REPLACED_DISK,
                    REPLACED_DISK,
                    RESTORED_DISK,
                    SERVICE_SLOW,
                    SERVICE_SLOW,
                    SERVICE_SLOW,
                    ONE_WAY)
            .every(400)
            .clients(500);
    static final Mix REBUILDS = Mix.of(
                    "rebuilds that are cut short", CRASH, PAUSE, REPLACED_DISK, REVOKED_PINS, RESET, RESET, CANCEL)
            .every(500);

    static final Mix REBUILT = Mix.of("members that are rebuilt where hosts come and go", RESTART, CRASH, REPLACED_DISK)
            .every(500);

    static final Mix SPOILED = Mix.of(
                    "checkpoints that turn out to be bad",
                    BAD_CHECKPOINT,
                    BAD_CHECKPOINT,
                    SLOW_DISK,
                    REPLACED_DISK,
                    REPLACED_DISK,
                    CANCEL)
            .every(400);
    static final Mix ROT = Mix.of("bases that rot on their way", BIT_ROT, BIT_ROT, BIT_ROT, REPLACED_DISK, CRASH, RESET)
            .every(300);

    static final Mix SIZES = Mix.of("commits that need more", CHANGED_LEAST, CHANGED_LEAST, ISOLATION, CRASH)
            .every(1_000);
    static final Mix FLUSHES =
            Mix.of("flushes that fail", FAILING_FLUSH, FAILING_FLUSH, CRASH).every(800);

    static final Mix BUSY =
            Mix.of("a client that never pauses", CRASH, ISOLATION).clients(6).messages(80);

    static final Mix OUTDATED =
            Mix.of("records of an older set", OUTDATED_RESTORE).every(800);

    static final Mix PUT_BACK = Mix.of(
                    "records that are put back",
                    ENSEMBLE_RESTORE,
                    ENSEMBLE_RESTORE,
                    ENSEMBLE_RESTORE,
                    CRASH,
                    CRASH,
                    RESTART)
            .every(500);

    private Mixes() {}
}
