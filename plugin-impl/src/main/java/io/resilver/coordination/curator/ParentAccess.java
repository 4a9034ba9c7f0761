package io.resilver.coordination.curator;

import io.resilver.spi.error.PermanentException;
import java.util.List;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/**
 * Whether a parent that was there already is the configured identity's alone (R43). Whoever may create or delete below a
 * parent can take a volume's record away and put another in its place, whatever access the record itself has.
 */
final class ParentAccess {
    private ParentAccess() {}

    /**
     * Accepts an access list that lets nobody else do more than read.
     *
     * @throws PermanentException naming the path, who else may change it, and what to do
     */
    static void check(String path, List<ACL> access, CuratorSettings.Identity own) throws PermanentException {
        for (ACL each : access) {
            if ((each.getPerms() & ~ZooDefs.Perms.READ) != 0 && !isOwn(each.getId(), own)) {
                throw new PermanentException("ZooKeeper's node '" + path + "' may be changed by "
                        + each.getId().getScheme() + ":" + each.getId().getId()
                        + ", who is not the configured identity: restrict it and all below it to that identity"
                        + " (setAcl -R in ZooKeeper's command line), or choose a namespace that is not there yet");
            }
        }
    }

    /** What an identity of a scheme other than digest is called is the server's to say: there the scheme decides. */
    private static boolean isOwn(Id holder, CuratorSettings.Identity own) {
        return own.name().map(holder::equals).orElseGet(() -> holder.getScheme().equals(own.scheme()));
    }
}
