package io.resilver.engine;

import io.resilver.spi.driver.Assignment;
import java.util.Optional;

/** Which of two assignments of a volume is in force (R3, R4). */
public enum AssignmentOrder {
    /** It replaces the one in force. */
    NEWER,
    /** It is older than the one in force, or equal by its numbers: it changes nothing, whatever it lists. */
    NOT_NEWER,
    /** It has the epoch number of the one in force and another mint id: somebody must hear about it. */
    EPOCH_CONFLICT,
    /** It is of another incarnation of the volume, whose epochs do not compare. */
    OTHER_INCARNATION;

    /**
     * Compares by epoch, then configuration number.
     *
     * @param inForce the assignment in force; empty before the first
     * @param offered one of the same volume
     * @return how it relates
     * @throws IllegalArgumentException when they are of different volumes (R6)
     */
    public static AssignmentOrder of(Optional<Assignment> inForce, Assignment offered) {
        if (inForce.isEmpty()) {
            return NEWER;
        }
        Assignment present = inForce.get();
        if (!present.volume().equals(offered.volume())) {
            throw new IllegalArgumentException(
                    "an assignment of volume " + offered.volume() + " never replaces one of " + present.volume());
        }
        if (!present.incarnation().equals(offered.incarnation())) {
            return OTHER_INCARNATION;
        }
        if (present.epoch().conflictsWith(offered.epoch())) {
            return EPOCH_CONFLICT;
        }
        int byEpoch = Long.compare(offered.epoch().number(), present.epoch().number());
        boolean newer = byEpoch > 0 || (byEpoch == 0 && offered.configurationNumber() > present.configurationNumber());
        return newer ? NEWER : NOT_NEWER;
    }
}
