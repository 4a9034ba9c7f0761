package io.resilver.coordination.curator;

import static org.assertj.core.api.Assertions.assertThat;

import io.resilver.coordination.Answer;
import java.util.List;
import org.apache.zookeeper.KeeperException.Code;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a result code proves about a change. */
class AnswersTest {
    @ParameterizedTest
    @EnumSource(
            value = Code.class,
            names = {"AUTHFAILED", "CONNECTIONLOSS", "SESSIONEXPIRED", "OPERATIONTIMEOUT", "SYSTEMERROR"})
    @DisplayName("R35: a code that the client gives to whatever was under way proves nothing about a change")
    void whatTheClientSaysOfAnythingUnderWayIsUnknown(Code code) {
        assertThat(Answers.ofTransaction(code, List.of(), List.of("/hosts/h"), "/volumes/v"))
                .isEqualTo(new Answer.Unknown(code.name()));
    }

    @Test
    @DisplayName("R43: a quota that is used up is no refusal for good: an operator raises it, and the host goes on")
    void aQuotaIsNoRefusal() {
        assertThat(Answers.ofTransaction(Code.QUOTAEXCEEDED, List.of(), List.of("/hosts/h"), "/volumes/v"))
                .isEqualTo(new Answer.Unknown("QUOTAEXCEEDED"));
    }

    @ParameterizedTest
    @EnumSource(
            value = Code.class,
            names = {"NOAUTH", "INVALIDACL"})
    @DisplayName("R43: what the server refused is not there, and asking again is in vain")
    void whatTheServerRefusesIsDenied(Code code) {
        assertThat(Answers.ofTransaction(code, List.of(), List.of("/hosts/h"), "/volumes/v"))
                .isEqualTo(new Answer.Denied(code.name()));
    }
}
