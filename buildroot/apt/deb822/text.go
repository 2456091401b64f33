package deb822

import "unsafe"

// text returns b as a string without a copy: b is part of the input, which its
// owner promised not to change.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
