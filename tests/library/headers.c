// SPDX-License-Identifier: MIT
//
// Each public header stands alone, twice, in C and in C++: compiled with -DHEADER=<memscan/x.h>.

#include HEADER
#include HEADER

int main(void)
{
    return 0;
}
