// A shared library that computes with its caller's Values.
#pragma once

#include <tapegrad/tapegrad.hpp>

tapegrad::Value left(tapegrad::Value x);
tapegrad::Value right(tapegrad::Value x);
bool is_active_for_left(const tapegrad::Tape& tape);
