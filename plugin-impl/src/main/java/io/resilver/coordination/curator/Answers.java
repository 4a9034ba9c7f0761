package io.resilver.coordination.curator;

import io.resilver.coordination.Answer;
import java.util.List;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.zookeeper.KeeperException;

/** What ZooKeeper's result codes mean. A code that is not surely a refusal leaves the outcome unknown. */
final class Answers {
    private Answers() {}

    static KeeperException.Code code(CuratorEvent event) {
        KeeperException.Code code = KeeperException.Code.get(event.getResultCode());
        return code == null ? KeeperException.Code.SYSTEMERROR : code;
    }

    /** The answer to a transaction of checks, in their order, and one change after them. */
    static Answer ofTransaction(CuratorEvent event, List<String> checks, String path) {
        return ofTransaction(code(event), event.getOpResults(), checks, path);
    }

    static Answer ofTransaction(
            KeeperException.Code code, List<CuratorTransactionResult> results, List<String> checks, String path) {
        if (code == KeeperException.Code.AUTHFAILED) {
            // the client says so of everything that is under way when its authentication fails, applied or not
            return new Answer.Unknown(code.name());
        }
        if (code == KeeperException.Code.OK) {
            // a deletion has no version to tell
            var stat = results.get(results.size() - 1).getResultStat();
            return new Answer.Applied(stat == null ? 0 : stat.getVersion());
        }
        if (code == KeeperException.Code.NONODE && results != null) {
            for (int i = 0; i < results.size() && i < checks.size(); i++) {
                if (results.get(i).getError() == KeeperException.Code.NONODE.intValue()) {
                    return new Answer.Missing(checks.get(i));
                }
            }
        }
        return of(code, path);
    }

    /** The answer to one operation on one node. */
    static Answer ofOne(CuratorEvent event, String path) {
        KeeperException.Code code = code(event);
        if (code == KeeperException.Code.OK) {
            return new Answer.Applied(
                    event.getStat() == null ? 0 : event.getStat().getVersion());
        }
        return of(code, path);
    }

    private static Answer of(KeeperException.Code code, String path) {
        return switch (code) {
            case BADVERSION, NODEEXISTS -> new Answer.Conflict();
            case NONODE -> new Answer.Missing(path);
            case NOAUTH, AUTHFAILED, INVALIDACL, SESSIONCLOSEDREQUIRESASLAUTH -> new Answer.Denied(code.name());
            default -> new Answer.Unknown(code.name());
        };
    }
}
