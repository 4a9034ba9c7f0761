package io.resilver.host.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/**
 * Stands before a port on loopback. Once cut, it resets every connection and lets nobody in, like a peer that crashed; once
 * stalled, it keeps every connection and takes nothing from it any more, like a network that loses all.
 */
final class CutProxy implements AutoCloseable {
    private static final int BUFFER = 64 << 10;

    private final ServerSocket listening;
    private final int port;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile boolean cut;
    private volatile boolean stalled;

    CutProxy(int port) throws IOException {
        this.port = port;
        this.listening = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
        run("proxy-accept", this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    /** How many sockets it has had, both sides counted. */
    int used() {
        return sockets.size();
    }

    /** Nothing goes on, in either direction, and nobody is told; new connections are accepted and lead nowhere. */
    void stall() {
        stalled = true;
    }

    void cut() throws IOException {
        cut = true;
        over.countDown();
        listening.close();
        for (Socket each : sockets) {
            reset(each);
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket from = listening.accept();
                Socket to = new Socket(InetAddress.getLoopbackAddress(), port);
                sockets.add(from);
                sockets.add(to);
                if (cut) {
                    reset(from);
                    reset(to);
                }
                run("proxy-there", () -> pump(from, to));
                run("proxy-back", () -> pump(to, from));
            }
        } catch (IOException e) {
            // cut or closed
        }
    }

    private void pump(Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER];
        try (from;
                to;
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (stalled) {
                    over.await();
                }
                out.write(buffer, 0, n);
            }
        } catch (IOException e) {
            // one side is gone: so is the other now
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void reset(Socket socket) {
        try {
            if (!socket.isClosed()) {
                socket.setSoLinger(true, 0);
            }
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        cut();
    }
}
