package io.resilver.multihost;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.zookeeper.server.quorum.QuorumPeerMain;

/** ZooKeeper's own server as a process that ends with the one that started it, however that ended. */
public final class EnsembleServer {
    private EnsembleServer() {}

    /**
     * Serves until its standard input ends.
     *
     * @param arguments ZooKeeper's
     */
    public static void main(String[] arguments) {
        Thread watch = new Thread(EnsembleServer::endWithInput, "end-with-input");
        watch.setDaemon(true);
        watch.start();
        QuorumPeerMain.main(arguments);
    }

    private static void endWithInput() {
        try (InputStream in = System.in) {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException gone) {
            Runtime.getRuntime().halt(1);
        }
        Runtime.getRuntime().halt(0);
    }
}
