package io.resilver.host.cli.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines of the control protocol. */
class MessageTest {
    @Test
    void aMessageSurvivesItsLine() throws Exception {
        Message message = Message.builder()
                .put("verb", "write \"x\"\n")
                .put("at", Long.MAX_VALUE)
                .put("ok", true)
                .put("lsn", OptionalLong.empty())
                .build();
        assertThat(message.toString()).doesNotContain("\n");
        Message back = Message.parse(message.toString());
        assertThat(back.text("verb")).contains("write \"x\"\n");
        assertThat(back.number("at")).hasValue(Long.MAX_VALUE);
        assertThat(back.flag("ok")).isTrue();
        assertThat(back.names()).containsExactly("verb", "at", "ok");
    }

    @Test
    void nullIsAFieldThatIsNotThere() throws Exception {
        Message message = Message.parse("{\"bytesPerSecond\":null}");
        assertThat(message.number("bytesPerSecond")).isEmpty();
        assertThat(message.names()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "[]",
                "1",
                "{",
                "{\"a\":1} {}",
                "{\"a\":1,\"a\":2}",
                "{\"a\":1.5}",
                "{\"a\":[]}",
                "{\"a\":{}}",
                "{\"a\":9223372036854775808}"
            })
    void whatIsNoMessageIsRefused(String line) {
        assertThatThrownBy(() -> Message.parse(line)).isInstanceOf(Message.MalformedException.class);
    }

    @Test
    void aFieldOfAnotherTypeIsNoFieldOfThisOne() throws Exception {
        Message message = Message.parse("{\"from\":\"1\",\"to\":-1}");
        assertThat(message.text("to")).isEqualTo(Optional.empty());
        assertThatThrownBy(() -> message.requireNumber("from")).hasMessageContaining("from");
        assertThatThrownBy(() -> message.requireSize("to")).hasMessageContaining("to is -1");
        assertThatThrownBy(() -> message.requireText("path")).hasMessageContaining("path");
    }
}
