package io.resilver.plugin.selection;

import io.resilver.spi.Providers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says which jars on the class path are broken. They hide no other, so the driver starts; but somebody must hear. */
final class BrokenProviders {
    private static final Logger LOG = LoggerFactory.getLogger(BrokenProviders.class);

    private BrokenProviders() {}

    static void report(Providers<?> providers) {
        for (String each : providers.broken()) {
            LOG.atWarn()
                    .addKeyValue("kind", providers.kind())
                    .addKeyValue("error", each)
                    .log("A provider is broken and was left out");
        }
    }
}
