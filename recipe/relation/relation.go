// Package relation reads and compares what Debian packages say about each
// other: relationship fields such as Depends, and version numbers.
//
// It follows Debian Policy 7.1 (syntax of relationship fields), 11.1
// (architecture wildcards) and 5.6.12 (versions), with build profiles as in
// deb-src-control(5). It opens no file, knows no archive and keeps no copy:
// every string of a result is part of the field that was parsed, so that a
// whole Packages index can be read with few allocations.
package relation

// A Relation is one alternative of a relationship field:
// `libssl-dev:native (>= 3.5) [amd64 !arm] <!nocheck>`.
type Relation struct {
	Name    string // the package, or a virtual one
	Arch    string // behind a colon: "any", "native" or an architecture; or empty
	Op      Op     // None if there is no version
	Version string
	Condition

	// Or says that the next Relation of the list is an alternative to this one
	// (`a | b`). Every list ends with a Relation that has it not.
	Or bool
}

// A Condition says where a relation holds. The zero value: everywhere.
type Condition struct {
	Arches   string // what stands in the brackets: "amd64 i386", "!armel"
	Profiles string // the restriction lists with their brackets: "<!nocheck> <a b>"
}

// An Op is a version operator.
type Op uint8

// The operators. `<` and `>`, which Policy deprecates, are read as dpkg reads
// them: as LE and GE.
const (
	None Op = iota
	LT      // <<
	LE      // <=
	EQ      // =
	GE      // >=
	GT      // >>
)

// String returns the operator as a field has it.
func (op Op) String() string {
	return [...]string{"", "<<", "<=", "=", ">=", ">>"}[op]
}

// Holds reports whether `version op other` is true; None always is.
func (op Op) Holds(version, other string) bool {
	if op == None {
		return true
	}
	c := Compare(version, other)
	switch op {
	case LT:
		return c < 0
	case LE:
		return c <= 0
	case EQ:
		return c == 0
	case GE:
		return c >= 0
	}
	return c > 0
}

// String returns the relation as a field has it, without Or.
func (r Relation) String() string {
	s := r.Name
	if r.Arch != "" {
		s += ":" + r.Arch
	}
	if r.Op != None {
		s += " (" + r.Op.String() + " " + r.Version + ")"
	}
	if r.Arches != "" {
		s += " [" + r.Arches + "]"
	}
	if r.Profiles != "" {
		s += " " + r.Profiles
	}
	return s
}
