package io.resilver.transport.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.replica.StoreSite;
import io.resilver.spi.error.PermanentException;
import io.resilver.spi.error.RecoveryException;
import java.lang.reflect.Method;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a store says is told by its name; it stands here for the sake of {@link Messages}, which has an error of each type. */
class StoreSiteTest {
    private static final StoreSite SITE = new StoreSite(Messages.REPLICA, "rocksdb");

    @Property(tries = 200)
    @Label(
            "R13: an error of a store keeps its type and what a caller acts on, and has the store and its adapter before it")
    void keepsAll(@ForAll long seed) throws ReflectiveOperationException {
        RecoveryException error = new Messages(seed).error();
        RecoveryException told = SITE.says(error);
        assertThat(told)
                .hasSameClassAs(error)
                .hasCause(error)
                .hasMessage("vol/r1 (adapter rocksdb): " + error.getMessage());
        for (Method field : error.getClass().getDeclaredMethods()) {
            if (field.getParameterCount() == 0 && !field.getName().equals("what")) {
                assertThat(field.invoke(told)).as(field.getName()).isEqualTo(field.invoke(error));
            }
        }
    }

    @Test
    @DisplayName("R13: what is no typed error is a bug, for good, and keeps what was thrown")
    void aBug() {
        Throwable bug = new StackOverflowError();
        assertThat(SITE.says(bug))
                .isInstanceOf(PermanentException.class)
                .hasCause(bug)
                .hasMessageStartingWith("vol/r1 (adapter rocksdb): unexpected java.lang.StackOverflowError");
    }
}
