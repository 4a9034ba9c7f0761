package io.resilver.host.cli;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;

/**
 * What a command reads and writes, lent by the program so that a test can lend its own.
 *
 * @param in standard input
 * @param out standard output; not buffered, and it reports when nobody reads any more
 * @param err standard error, for people
 */
public record Streams(InputStream in, OutputStream out, PrintStream err) {}
