package io.resilver.engine;

/** Whether acknowledged data may be lost by this one plan. An argument and never a setting: it is used up by the call. */
public enum Permission {
    /** Nothing that was acknowledged may be lost. */
    NONE,
    /** A named person permitted it once: the replica may lose entries that it knows to be acknowledged. */
    UNCLEAN
}
