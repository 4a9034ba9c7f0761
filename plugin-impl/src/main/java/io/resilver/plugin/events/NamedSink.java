package io.resilver.plugin.events;

import io.resilver.spi.event.EventSink;

/**
 * An open sink and the name of its provider.
 *
 * @param name for log lines
 * @param sink the open sink
 */
public record NamedSink(String name, EventSink sink) {}
