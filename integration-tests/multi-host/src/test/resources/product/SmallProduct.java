package product;

import io.resilver.spi.driver.Assignment;
import io.resilver.spi.driver.DriverOptions;
import io.resilver.spi.driver.Duty;
import io.resilver.spi.driver.Leadership;
import io.resilver.spi.driver.RecoveryDriver;
import io.resilver.spi.driver.RecoveryDrivers;
import io.resilver.spi.driver.ReplicaAssignment;
import io.resilver.spi.model.Epoch;
import io.resilver.spi.model.HostId;
import io.resilver.spi.model.Incarnation;
import io.resilver.spi.model.MintId;
import io.resilver.spi.model.ReplicaId;
import io.resilver.spi.model.VolumeId;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/** A host product with an authority of its own and one replica. It knows the SPI alone. */
public final class SmallProduct implements Callable<String> {
    private final Path data;

    public SmallProduct(Path data) {
        this.data = data;
    }

    public static void main(String[] arguments) throws Exception {
        System.out.println(new SmallProduct(Path.of(arguments[0])).call());
    }

    @Override
    public String call() throws Exception {
        HostId host = new HostId("host-a");
        VolumeId volume = new VolumeId("vol");
        ReplicaId replica = new ReplicaId(volume, "a");
        Incarnation incarnation = new Incarnation("i1");
        DriverOptions options = DriverOptions.builder(host, data)
                .set("resilver.coordination.mode", "external")
                .set("resilver.policy.name", "default")
                .build();
        try (RecoveryDriver driver = RecoveryDrivers.open(options)) {
            driver.openReplica(replica, incarnation).toCompletableFuture().get();
            Assignment assignment = new Assignment(
                    volume,
                    incarnation,
                    new Epoch(7, new MintId("m7")),
                    1,
                    replica,
                    List.of(new ReplicaAssignment(replica, host, Optional.of(driver.endpoint()), Duty.FOLLOW)));
            Leadership term = driver.assign(assignment).toCompletableFuture().get();
            return "leads " + term.volume() + " at epoch " + term.epoch().number();
        }
    }
}
