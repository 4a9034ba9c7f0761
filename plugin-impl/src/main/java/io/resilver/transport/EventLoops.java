package io.resilver.transport;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * The few threads of a host's transport: server and connector share them. They wait for sockets, move bytes and check
 * sums; nothing on them blocks. Thread safe.
 */
public final class EventLoops implements AutoCloseable {
    /** Two saturate 10 Gbit/s; more would only take cores from the host product. */
    public static final int DEFAULT_COUNT = 2;

    /** Closing waits this long for tasks that run: they are short, so that more means a bug, and closing goes on. */
    private static final long CLOSE_SECONDS = 5;

    private final EventLoopGroup group;

    /**
     * Starts nothing yet: a thread starts with the first socket that it serves.
     *
     * @param count how many threads, 1 or more
     * @param name what their names begin with
     */
    public EventLoops(int count, String name) {
        group = new NioEventLoopGroup(count, new DefaultThreadFactory(name, true));
    }

    EventLoopGroup group() {
        return group;
    }

    EventLoop next() {
        return group.next();
    }

    /**
     * Ends all sockets that are left, and the threads. Close server and connector first, so that their streams end with
     * an error that says why. Blocks until the threads are gone; never call it on one of them. Idempotent.
     */
    @Override
    public void close() {
        group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
