package image

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/BurntSushi/toml"
)

//go:embed cuts.toml
var cutsText string

// A cut says how a package is treated that exists for configuration time.
type cut struct {
	rule string
	of   []string // packages whose dependency on it is cut; instead of a rule
	keep bool     // of an edge: what its scripts made stays
}

// The rules of the cut table.
const (
	cutDrop       = "drop"
	cutEffects    = "effects"
	cutIfUnneeded = "if-unneeded"
	cutIfLibpam   = "if-libpam"
)

// cutTable is the cut table, read once. A mistake in it is a bug of ours, which
// a test finds.
var cutTable = sync.OnceValues(func() (map[string]cut, error) { return parseCuts(cutsText) })

func parseCuts(text string) (map[string]cut, error) {
	var table map[string]toml.Primitive
	meta, err := toml.Decode(text, &table)
	if err != nil {
		return nil, fmt.Errorf("read cut table: %w", err)
	}
	cuts := map[string]cut{}
	for name, value := range table {
		var c cut
		var edge struct {
			Of      []string
			Effects bool
		}
		if meta.PrimitiveDecode(value, &c.rule) != nil {
			if err := meta.PrimitiveDecode(value, &edge); err != nil || len(edge.Of) == 0 {
				return nil, fmt.Errorf("read cut table: %s: neither a rule nor { of = […] }", name)
			}
			c.of, c.keep = edge.Of, edge.Effects
		}
		switch c.rule {
		case "", cutDrop, cutEffects, cutIfUnneeded, cutIfLibpam:
		default:
			return nil, fmt.Errorf("read cut table: %s: unknown rule %q", name, c.rule)
		}
		cuts[name] = c
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("read cut table: unknown key %s", unknown[0])
	}
	return cuts, nil
}
