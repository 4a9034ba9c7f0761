package io.resilver.plugin.config;

/** Who says which host is a volume's primary. */
public enum Coordination {
    /** The built-in authority, over ZooKeeper. */
    ZOOKEEPER,
    /** The host product, through assignments. */
    EXTERNAL
}
