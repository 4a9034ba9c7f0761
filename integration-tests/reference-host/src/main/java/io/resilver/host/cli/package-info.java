/**
 * The command line of the reference host: one class for the program, one package for each command. Standard output has
 * what a command answers and nothing else. Exit code 0 is done, 1 failed, 2 wrong usage.
 */
@NullMarked
package io.resilver.host.cli;

import org.jspecify.annotations.NullMarked;
