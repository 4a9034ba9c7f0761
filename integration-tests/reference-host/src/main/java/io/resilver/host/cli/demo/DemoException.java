package io.resilver.host.cli.demo;

/** The story cannot go on. The message says at what it stopped. */
public final class DemoException extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * What went wrong.
     *
     * @param message at what it stopped
     */
    public DemoException(String message) {
        super(message);
    }

    /**
     * What went wrong, and why.
     *
     * @param message at what it stopped
     * @param cause why
     */
    public DemoException(String message, Throwable cause) {
        super(message, cause);
    }
}
