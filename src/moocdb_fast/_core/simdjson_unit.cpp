// Compiles the simdjson sources that the pysimdjson package installs; they lie on the include path (see setup.py).
#include "simdjson.cpp"
