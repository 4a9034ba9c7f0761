package io.resilver.host.cli.serve;

import io.resilver.host.cli.control.Message;
import io.resilver.spi.error.RecoveryException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;

/**
 * Reads requests until its input ends, and answers each when it is done: answers may come in another order and are told
 * apart by their {@code id}. Thread safe where it says so.
 */
final class ControlLoop {
    private final BufferedReader in;
    private final OutputStream out;

    ControlLoop(InputStream in, OutputStream out) {
        this.in = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        this.out = out;
    }

    /** Runs until the input ends. Requests run on the executor. */
    void run(Verbs verbs, Executor executor) throws IOException {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String text = line;
            if (!text.isBlank()) {
                executor.execute(() -> tell(answer(verbs, text)));
            }
        }
    }

    private static Message answer(Verbs verbs, String line) {
        Message.Builder answer = Message.builder();
        try {
            Message request = Message.parse(line);
            answer.put("id", request.number("id"));
            return answer.put("ok", true).putAll(verbs.answer(request).build()).build();
        } catch (Message.MalformedException | RecoveryException | IOException | RuntimeException e) {
            boolean expected = !(e instanceof RuntimeException) && e.getMessage() != null;
            return answer.put("ok", false)
                    .put("error", expected ? String.valueOf(e.getMessage()) : e.toString())
                    .build();
        }
    }

    /** Writes one line. Thread safe. Nobody may read any more: then the input ends as well, and with it this host. */
    synchronized void tell(Message message) {
        try {
            out.write((message + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException nobodyReads) {
            return;
        }
    }
}
