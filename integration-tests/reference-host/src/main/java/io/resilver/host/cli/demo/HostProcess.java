package io.resilver.host.cli.demo;

import io.resilver.host.cli.control.Message;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/** One host as a process: requests over its standard input, answers and events from its standard output. Thread safe. */
public final class HostProcess {
    /** Closing a driver takes at most 10 s by default, and a JVM some time to end. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);

    /** Longer than writing the largest portion takes; a stuck host is told apart from a slow one by its log. */
    private static final Duration ANSWER_PATIENCE = Duration.ofMinutes(10);

    private final String name;
    private final Process process;
    private final AtomicLong nextId = new AtomicLong(1);
    private final Map<Long, CompletableFuture<Message>> waiting = new ConcurrentHashMap<>();
    private final List<Message> events = new ArrayList<>();
    private boolean ended;

    /**
     * Talks with a host that was started with the command serve.
     *
     * @param name its host id, for messages
     * @param process the process, which this object ends
     */
    public HostProcess(String name, Process process) {
        this.name = name;
        this.process = process;
        Thread reader = new Thread(this::read, "from-" + name);
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * Its host id.
     *
     * @return the name
     */
    public String name() {
        return name;
    }

    /**
     * The process.
     *
     * @return its id
     */
    public long pid() {
        return process.pid();
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                take(Message.parse(line));
            }
        } catch (IOException | Message.MalformedException e) {
            process.destroyForcibly(); // half a line or foreign output: it can be steered no more
        } finally {
            end();
        }
    }

    private void take(Message message) {
        if (message.number("id").isPresent()) {
            CompletableFuture<Message> asked =
                    waiting.remove(message.number("id").getAsLong());
            if (asked != null) {
                asked.complete(message);
            }
            return;
        }
        synchronized (events) {
            events.add(message);
            events.notifyAll();
        }
    }

    private void end() {
        synchronized (events) {
            ended = true;
            events.notifyAll();
        }
        waiting.values().forEach(each -> each.completeExceptionally(new IOException("the process has ended")));
    }

    /**
     * Asks and waits for the answer.
     *
     * @param request a verb and its fields
     * @return an answer that is ok
     * @throws DemoException when it refused, ended or did not answer
     */
    public Message ask(Message.Builder request) throws DemoException {
        Message message = numbered(request);
        try {
            Message answer = send(message).get(ANSWER_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            if (!answer.flag("ok")) {
                throw new DemoException("host " + name + " refused " + message + ": "
                        + answer.text("error").orElse("no reason given"));
            }
            return answer;
        } catch (ExecutionException e) {
            throw unanswered(message, e);
        } catch (TimeoutException e) {
            throw new DemoException("host " + name + " did not answer " + message + " within " + ANSWER_PATIENCE, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DemoException("interrupted while host " + name + " worked", e);
        } finally {
            waiting.remove(message.number("id").orElseThrow());
        }
    }

    /**
     * Asks and does not wait: when this returns the request is in the process's standard input, also of one that is stopped.
     *
     * @param request a verb and its fields
     * @return its answer, ok or not; fails when the process ends first
     * @throws DemoException when it could not be asked
     */
    public CompletableFuture<Message> send(Message.Builder request) throws DemoException {
        return send(numbered(request));
    }

    private Message numbered(Message.Builder request) {
        return request.put("id", nextId.getAndIncrement()).build();
    }

    private CompletableFuture<Message> send(Message message) throws DemoException {
        CompletableFuture<Message> asked = new CompletableFuture<>();
        waiting.put(message.number("id").orElseThrow(), asked);
        try {
            synchronized (process) {
                OutputStream in = process.getOutputStream();
                in.write((message + "\n").getBytes(StandardCharsets.UTF_8));
                in.flush();
            }
            if (!process.isAlive()) {
                throw new IOException("the process has ended");
            }
            return asked;
        } catch (IOException e) {
            waiting.remove(message.number("id").orElseThrow());
            throw unanswered(message, e);
        }
    }

    private DemoException unanswered(Message message, Exception cause) {
        return new DemoException("host " + name + " did not answer " + message + ": " + cause.getMessage(), cause);
    }

    /**
     * Begins a request.
     *
     * @param verb what to do
     * @return a builder
     */
    public static Message.Builder verb(String verb) {
        return Message.builder().put("verb", verb);
    }

    /**
     * How many events have come: those after it are the ones that follow.
     *
     * @return a number for {@link #await}
     */
    public int mark() {
        synchronized (events) {
            return events.size();
        }
    }

    /**
     * All events of a kind that have come after a mark so far, also of a process that has ended.
     *
     * @param mark what {@link #mark} answered, 0 for all
     * @param kind the event's name
     * @return a copy, in the order in which they came
     */
    public List<Message> events(int mark, String kind) {
        synchronized (events) {
            return events.subList(mark, events.size()).stream()
                    .filter(event -> event.text("event").equals(Optional.of(kind)))
                    .toList();
        }
    }

    /**
     * Waits for the first event of a kind after a mark.
     *
     * @param mark what {@link #mark} answered
     * @param kind the event's name
     * @param which which of them
     * @param patience how long at most
     * @return the event
     * @throws DemoException when it did not come, or the process ended
     */
    public Message await(int mark, String kind, Predicate<Message> which, Duration patience) throws DemoException {
        long deadline = System.nanoTime() + patience.toNanos();
        synchronized (events) {
            int seen = mark;
            while (true) {
                for (; seen < events.size(); seen++) {
                    Message event = events.get(seen);
                    if (event.text("event").equals(Optional.of(kind)) && which.test(event)) {
                        return event;
                    }
                }
                long left = deadline - System.nanoTime();
                if (ended || left <= 0) {
                    throw new DemoException("host " + name + " did not report " + kind
                            + (ended ? ": it has ended" : " within " + patience) + "; it reported "
                            + events.subList(mark, events.size()));
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(events, left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new DemoException("interrupted while waiting for " + kind + " of host " + name, e);
                }
            }
        }
    }

    /**
     * Tells it to end gracefully, by the end of its standard input. Does not wait. Idempotent.
     *
     * @throws DemoException when it could not be told
     */
    public void beginStop() throws DemoException {
        try {
            synchronized (process) {
                process.getOutputStream().close();
            }
        } catch (IOException e) {
            throw new DemoException("host " + name + " could not be told to end: " + e.getMessage(), e);
        }
    }

    /** Ends it gracefully and waits until it is gone. */
    void stop() throws DemoException {
        beginStop();
        try {
            if (!process.waitFor(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new DemoException("host " + name + " did not end within " + STOP_PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DemoException("interrupted while host " + name + " ended", e);
        }
        if (process.exitValue() != 0) {
            throw new DemoException("host " + name + " ended with exit code " + process.exitValue());
        }
    }

    /**
     * Kills it as kill -9 does, and waits until it is gone. Idempotent.
     *
     * @throws DemoException when it is not gone
     */
    public void kill() throws DemoException {
        process.destroyForcibly();
        try {
            if (!process.waitFor(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new DemoException("host " + name + " is not gone " + STOP_PATIENCE + " after kill -9");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DemoException("interrupted while host " + name + " was killed", e);
        }
    }

    /**
     * Sends a signal.
     *
     * @param signal its name, STOP or CONT
     * @throws DemoException when it could not be sent
     */
    public void signal(String signal) throws DemoException {
        try {
            Process sent = new ProcessBuilder("kill", "-" + signal, Long.toString(pid())).start();
            if (!sent.waitFor(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS) || sent.exitValue() != 0) {
                throw new DemoException("signal " + signal + " could not be sent to host " + name);
            }
        } catch (IOException e) {
            throw new DemoException("the command kill cannot be run: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DemoException("interrupted while signalling host " + name, e);
        }
    }
}
