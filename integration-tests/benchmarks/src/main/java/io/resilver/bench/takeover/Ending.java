package io.resilver.bench.takeover;

import io.resilver.host.cli.demo.DemoException;
import io.resilver.host.cli.demo.HostProcess;

/** How a leader ends, and by what the others can notice. */
enum Ending {
    /** It is told to end and says so. */
    GRACEFUL("graceful") {
        @Override
        void of(HostProcess leader) throws DemoException {
            leader.beginStop();
        }
    },
    /** Its process is killed: its connections are reset. */
    CRASH("crash") {
        @Override
        void of(HostProcess leader) throws DemoException {
            leader.kill();
        }
    },
    /** It is stopped with its connections open: nothing comes from it any more. */
    SILENT("silent") {
        @Override
        void of(HostProcess leader) throws DemoException {
            leader.signal("STOP");
        }
    },
    /** The same, while the others wait for ZooKeeper to say that it is gone. */
    ZOOKEEPER_ONLY("zookeeper-only") {
        @Override
        void of(HostProcess leader) throws DemoException {
            leader.signal("STOP");
        }
    };

    private final String text;

    Ending(String text) {
        this.text = text;
    }

    /** Ends a leader. Returns as soon as it is done, whatever it takes the leader to end. */
    abstract void of(HostProcess leader) throws DemoException;

    /** As it stands in the results. */
    String text() {
        return text;
    }
}
