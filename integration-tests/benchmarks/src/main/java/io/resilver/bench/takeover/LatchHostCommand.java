package io.resilver.bench.takeover;

import io.resilver.bench.process.Poll;
import io.resilver.host.cli.Streams;
import io.resilver.host.cli.control.Message;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderLatchListener;
import org.apache.curator.retry.RetryForever;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One candidate of a leader latch, until its standard input ends. It is what the comparison starts, not a person. */
@Command(name = LatchHostCommand.NAME, hidden = true, description = "One candidate of Curator's leader latch.")
public final class LatchHostCommand implements Callable<Integer> {
    static final String NAME = "latch-host";
    static final String LEADS = "Leads";
    private static final String PATH = "/latch";
    private static final int CONNECT_MS = 15_000;
    private static final int RETRY_MS = 100;

    private final Streams streams;

    @Option(names = "--connect", required = true)
    private String connect = "";

    @Option(names = "--id", required = true)
    private String id = "";

    @Option(names = "--session-timeout-ms", required = true)
    private int sessionTimeoutMs;

    /**
     * The command over some streams.
     *
     * @param streams what it reads and writes
     */
    public LatchHostCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws Exception {
        try (CuratorFramework client = CuratorFrameworkFactory.newClient(
                        connect, sessionTimeoutMs, CONNECT_MS, new RetryForever(RETRY_MS));
                LeaderLatch latch = new LeaderLatch(client, PATH, id)) {
            client.start();
            if (!client.blockUntilConnected(CONNECT_MS, TimeUnit.MILLISECONDS)) {
                streams.err().println("no connection to ZooKeeper at " + connect);
                return CommandLine.ExitCode.SOFTWARE;
            }
            latch.addListener(new LeaderLatchListener() {
                @Override
                public void isLeader() {
                    tell(LEADS);
                }

                @Override
                public void notLeader() {}
            });
            latch.start();
            Poll.until(() -> isCandidate(latch), "the latch has its node");
            tell("Serving");
            streams.in().transferTo(OutputStream.nullOutputStream()); // the end of its input alone tells it to end
            return CommandLine.ExitCode.OK;
        }
    }

    private boolean isCandidate(LeaderLatch latch) {
        try {
            return latch.getParticipants().stream()
                    .anyMatch(each -> each.getId().equals(id));
        } catch (Exception notYet) {
            return false;
        }
    }

    private synchronized void tell(String event) {
        try {
            streams.out()
                    .write((Message.builder().put("event", event).build() + "\n").getBytes(StandardCharsets.UTF_8));
            streams.out().flush();
        } catch (IOException nobodyReads) {
            throw new UncheckedIOException(nobodyReads);
        }
    }
}
