// SPDX-License-Identifier: MIT
//
// Hyperscan 5.4 reads past the end of what it is given: on processors with AVX-512 VBMI its
// literal matchers load 64 (or 32) bytes where they have checked for up to three less. What is
// there does not change what it finds, but has to be memory that can be read. So whatever is
// searched has this many bytes behind it, whatever they are.

#ifndef MS_BASE_SLACK_H
#define MS_BASE_SLACK_H

#define MS_SLACK_BYTES 64

#endif
