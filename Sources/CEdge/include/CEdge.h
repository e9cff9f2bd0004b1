// Nothing to call: the target only defines functions that static libraries refer to.
#ifndef VMIR_CEDGE_H
#define VMIR_CEDGE_H
#endif
