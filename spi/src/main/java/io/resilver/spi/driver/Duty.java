package io.resilver.spi.driver;

import io.resilver.spi.Api;

/** What an assignment asks of a replica. */
@Api(status = Api.Status.EVOLVING, since = "0.1")
public enum Duty {
    /** To be brought in sync by whatever it needs. */
    FOLLOW,
    /** To be rebuilt once, whatever it holds. */
    REBUILD
}
