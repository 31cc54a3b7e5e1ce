/* The version of these headers. */
#ifndef COUNTERSIGN_VERSION_H
#define COUNTERSIGN_VERSION_H

#define CSN_VERSION "0.1.0"

#endif
