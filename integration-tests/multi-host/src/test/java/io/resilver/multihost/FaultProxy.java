package io.resilver.multihost;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A TCP proxy on the loopback address that stands between two parties and does what networks do. What it holds is bounded: a
 * chunk a direction and connection, the rest waits in the parties' own sockets. Thread safe; {@link #close} ends every
 * thread and socket.
 */
final class FaultProxy implements AutoCloseable {
    static final int CHUNK = 16 << 10;
    private static final int CONNECT_MS = 2_000;
    private static final Duration TO_END = Duration.ofSeconds(20);

    /** What becomes of bytes that come in one direction. */
    enum Lane {
        /** They go on. */
        PASS,
        /** They stay where they are: nothing arrives, nothing is refused, and all of it arrives once they pass again. */
        CUT,
        /** They are taken and thrown away: the sender believes that somebody reads. The connection is of no use again. */
        SWALLOW
    }

    private final ServerSocket listening;
    private final InetSocketAddress target;
    private final Set<Pair> pairs = ConcurrentHashMap.newKeySet();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private Lane forward = Lane.PASS;
    private Lane backward = Lane.PASS;
    private Pace pace = Pace.NONE;
    private long swallowed;
    private long held;
    private volatile boolean closed;

    FaultProxy(int targetPort) throws IOException {
        this(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), targetPort);
    }

    private FaultProxy(ServerSocket listening, int targetPort) {
        this.listening = listening;
        this.target = new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort);
        thread(this::accept);
    }

    /** The port of {@code host:port}. */
    static int port(String where) {
        return Integer.parseInt(where.substring(where.lastIndexOf(':') + 1));
    }

    int port() {
        return listening.getLocalPort();
    }

    /** Where a party connects instead of the other's own address. */
    String address() {
        return "127.0.0.1:" + port();
    }

    /** Everything goes through, with what was kept back first. */
    void pass() {
        lock.lock();
        try {
            pairs.forEach(each -> {
                each.cutForward = false;
                each.cutBackward = false;
            });
        } finally {
            lock.unlock();
        }
        set(Lane.PASS, Lane.PASS);
        set(Pace.NONE);
    }

    /** Nothing arrives, in both directions; connections are accepted and lead nowhere. */
    void cut() {
        set(Lane.CUT, Lane.CUT);
    }

    /** Nothing arrives over the connections that there are, in both directions; others are as before. */
    void cutPresent() {
        cutPresent(true);
    }

    /** The same for what comes back only: what is sent over these connections arrives, and no answer does. */
    void cutPresentBackward() {
        cutPresent(false);
    }

    private void cutPresent(boolean forwards) {
        lock.lock();
        try {
            pairs.forEach(each -> {
                each.cutForward |= forwards;
                each.cutBackward = true;
            });
        } finally {
            lock.unlock();
        }
    }

    /** Nothing arrives at the target; what it sends still arrives. */
    void cutForward() {
        set(Lane.CUT, Lane.PASS);
    }

    /** Nothing arrives at who connected; what it sends still arrives. */
    void cutBackward() {
        set(Lane.PASS, Lane.CUT);
    }

    /** Both sides believe that they are connected, and what they say is gone. */
    void halfOpen() {
        set(Lane.SWALLOW, Lane.SWALLOW);
    }

    /** Every chunk waits this long. */
    void delay(Duration each) {
        set(new Pace(each, Long.MAX_VALUE));
    }

    /** No more than so many bytes a second, on each connection and direction. */
    void throttle(long most) {
        set(new Pace(Duration.ZERO, most));
    }

    /** Ends every connection with a reset on both sides; new ones are as before. */
    void reset() {
        pairs.forEach(Pair::reset);
    }

    int connections() {
        return pairs.size();
    }

    /** How many bytes were thrown away. */
    long swallowed() {
        lock.lock();
        try {
            return swallowed;
        } finally {
            lock.unlock();
        }
    }

    /** How many bytes wait here to go on: those that were taken from a sender already. */
    long held() {
        lock.lock();
        try {
            return held;
        } finally {
            lock.unlock();
        }
    }

    /** How many bytes were sent to this place and have not gone on: held here, or in the sockets that nothing is read from. */
    long backlog() {
        return held() + pairs.stream().mapToLong(Pair::unread).sum();
    }

    private void set(Lane forwards, Lane backwards) {
        lock.lock();
        try {
            forward = forwards;
            backward = backwards;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void set(Pace next) {
        lock.lock();
        try {
            pace = next;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (!closed) {
            try {
                Socket client = listening.accept();
                thread(() -> connect(client));
            } catch (IOException e) {
                return; // it is closed
            }
        }
    }

    /** A connection that is cut from its beginning is accepted, as by a router, and reaches the target when it can. */
    private void connect(Socket client) {
        Pair pair = new Pair(client, new Socket());
        pairs.add(pair);
        try {
            awaitPassage();
            pair.server.connect(target, CONNECT_MS);
            client.setTcpNoDelay(true);
            pair.server.setTcpNoDelay(true);
            thread(() -> pair.pump(true));
            pair.pump(false);
        } catch (IOException | InterruptedException e) {
            pair.reset();
        }
    }

    private void awaitPassage() throws InterruptedException {
        lock.lock();
        try {
            while (forward != Lane.PASS && backward != Lane.PASS && !closed) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    private void thread(Runnable task) {
        Thread made = new Thread(
                () -> {
                    try {
                        task.run();
                    } finally {
                        threads.remove(Thread.currentThread());
                    }
                },
                "fault-proxy-" + port());
        made.setDaemon(true);
        threads.add(made);
        made.start();
        if (closed) {
            made.interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        listening.close();
        reset();
        for (Set<Thread> left = Set.copyOf(threads); !left.isEmpty(); left = Set.copyOf(threads)) {
            for (Thread each : left) { // one may have begun another at the last moment
                end(each);
            }
        }
        reset(); // what was accepted at the last moment
    }

    private void end(Thread thread) throws IOException {
        thread.interrupt();
        try {
            thread.join(TO_END.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            throw new IOException("a thread of the proxy at " + port() + " did not end");
        }
    }

    /** One connection through the proxy. */
    private final class Pair {
        private final Socket client;
        private final Socket server;
        /** Guarded by the lock, as the other. */
        private boolean cutForward;

        private boolean cutBackward;

        Pair(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void pump(boolean forwards) {
            byte[] chunk = new byte[CHUNK];
            try {
                InputStream in = (forwards ? client : server).getInputStream();
                OutputStream out = (forwards ? server : client).getOutputStream();
                for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                    if (passage(forwards, read)) {
                        out.write(chunk, 0, read);
                    }
                }
                passage(forwards, 0); // the end waits like any byte
                (forwards ? server : client).shutdownOutput();
                if ((forwards ? client : server).isOutputShutdown()) {
                    end();
                }
            } catch (IOException | InterruptedException e) {
                reset();
            }
        }

        private Lane lane(boolean forwards) {
            if (forwards ? cutForward : cutBackward) {
                return Lane.CUT;
            }
            return forwards ? forward : backward;
        }

        /** Waits until bytes may go on; false when they are to be thrown away. */
        private boolean passage(boolean forwards, int bytes) throws InterruptedException, IOException {
            lock.lock();
            try {
                held += bytes;
                long began = System.nanoTime();
                while (!closed) {
                    Lane lane = lane(forwards);
                    if (lane == Lane.SWALLOW) {
                        swallowed += bytes;
                        return false;
                    }
                    long left = began + pace.nanos(bytes) - System.nanoTime();
                    if (lane == Lane.PASS && left <= 0) {
                        return true;
                    }
                    if (lane == Lane.CUT) {
                        changed.await();
                    } else {
                        changed.awaitNanos(left);
                    }
                }
                throw new IOException("the proxy is closed");
            } finally {
                held -= bytes;
                lock.unlock();
            }
        }

        /** What both parties have sent and nobody has taken yet. */
        long unread() {
            long bytes = 0;
            for (Socket each : new Socket[] {client, server}) {
                try {
                    bytes += each.isConnected() ? each.getInputStream().available() : 0;
                } catch (IOException ended) {
                    return 0; // what it had sent goes nowhere
                }
            }
            return bytes;
        }

        void reset() {
            for (Socket each : new Socket[] {client, server}) {
                quietly(() -> each.setSoLinger(true, 0)); // a reset, not an end
            }
            end();
        }

        private void end() {
            pairs.remove(this);
            quietly(client::close);
            quietly(server::close);
        }
    }

    private interface Ending {
        void run() throws IOException;
    }

    /** Ends what may have ended already; whether it had. */
    private static boolean quietly(Ending ending) {
        try {
            ending.run();
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
