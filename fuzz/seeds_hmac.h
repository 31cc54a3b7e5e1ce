/* The seeds of fuzz_hmac: a secret, then messages, each behind its four control bytes. */
#ifndef CSN_FUZZ_SEEDS_HMAC_H
#define CSN_FUZZ_SEEDS_HMAC_H

#include "seeds_jwt.h"

#define HMAC_SECRET "a secret of more than thirty-two bytes\x1e"
#define HMAC_64 "a block of the hash, which is sixty-four bytes long, all of them"
#define HMAC_FOUR(control) control "a\x1e" control HMAC_64 "\x1e" control HMAC_64 "and more\x1e" control "\x1e"
#define HMAC_SIXTEEN(control) HMAC_FOUR(control) HMAC_FOUR(control) HMAC_FOUR(control) HMAC_FOUR(control)

static const part_row hmacs[] = {
    {"nothing", "", ""},
    {"empty_message", HMAC_SECRET, "0000"},
    {"one", HMAC_SECRET, "0000message"},
    {"two", HMAC_SECRET,
     "0000message\x1e"
     "0000another"},
    {"hash", HMAC_SECRET, "1000abc"},
    {"each_kind", HMAC_SECRET,
     "0000m\x1e"
     "1000m\x1e"
     "2000m\x1e"
     "3000m\x1e"
     "4000m"},
    {"long_secret", HMAC_64 HMAC_64 HMAC_64 "\x1e",
     "0000m\x1e"
     "3000m\x1e"
     "4000m"},
    {"no_secret", "\x1e",
     "0000m\x1e"
     "3000m"},
    {"four_blocks", HMAC_SECRET,
     "0002" HMAC_64 "\x1e"
     "0002" HMAC_64},
    {"padding_55", HMAC_SECRET,
     "1000"
     "0123456789012345678901234567890123456789012345678901234"},
    {"padding_56", HMAC_SECRET,
     "1000"
     "01234567890123456789012345678901234567890123456789012345"},
    {"pieces_of_7", HMAC_SECRET,
     "0073" HMAC_64 "\x1e"
     "1073" HMAC_64},
    {"pieces_of_64", HMAC_SECRET,
     "0404" HMAC_64 "\x1e"
     "1404" HMAC_64},
    {"sixteen", HMAC_SECRET, HMAC_SIXTEEN("0000")},
    {"sixteen_unequal", HMAC_SECRET,
     HMAC_FOUR("0001") HMAC_FOUR("0123") HMAC_FOUR("1405") HMAC_FOUR("0012") HMAC_FOUR("0006")},
    {"forty", HMAC_SECRET, HMAC_SIXTEEN("0002") HMAC_SIXTEEN("1251") HMAC_FOUR("0000") HMAC_FOUR("3001")},
    {"longest", HMAC_SECRET,
     "0006" HMAC_64 "\x1e"
     "0777" HMAC_64},
};

#endif
