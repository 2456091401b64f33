package artefact

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/layer/elf"
)

// strip takes the symbols out of a set's programs and libraries where the items
// say so, and returns them as files of their own, where debuggers look. A file
// that cannot be stripped without risk stays as it is.
func (s *selection) strip(ctx context.Context, tree *layer.Tree) ([]*layer.File, error) {
	var symbols []*layer.File
	for _, f := range slices.Clone(tree.Files()) {
		pick := s.taken[f.Path]
		if f.Type != layer.Regular || f.Facts == nil || f.Facts.Machine == "" || !f.Facts.Debug || pick == nil || !pick.item.Strip {
			continue
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		stripped, debug, err := s.stripFile(f)
		if err != nil {
			return nil, fmt.Errorf("strip %s: %w", f.Path, err)
		}
		if debug != nil {
			tree.Put(stripped)
			symbols = append(symbols, debug)
		}
	}
	return symbols, nil
}

// stripFile returns f without symbols, and a file of the symbols; both nil if
// there is nothing to take out.
func (s *selection) stripFile(f *layer.File) (stripped, symbols *layer.File, err error) {
	data, err := s.read(f)
	if err != nil {
		return nil, nil, err
	}
	rest, debug, err := elf.Strip(data)
	var refused *elf.Refused
	if errors.As(err, &refused) || err == nil && debug == nil {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	at := elf.DebugPath(elf.BuildID(data))
	if at == "" {
		at = "/usr/lib/debug" + f.Path + ".debug" // gdb's other place, by name
	}
	from := layer.Origin{Kind: layer.FromRecipe, Name: s.in.Recipe, What: "strip"}
	symbols = layer.Content(at, 0o644, debug, from)
	symbols.MTime = f.MTime
	content := layer.Content(f.Path, f.Mode, rest, f.Origin)
	g := *f
	g.Data, g.Size, g.Digest, g.In, g.At = rest, content.Size, content.Digest, "", ""
	g.Facts = layer.FactsOf(bytes.NewReader(rest), g.Size)
	return &g, symbols, nil
}

// read returns the bytes of a regular file.
func (s *selection) read(f *layer.File) ([]byte, error) {
	if f.Data != nil {
		return f.Data, nil
	}
	r, err := s.in.Open.Open(f)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data := make([]byte, f.Size)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, err
	}
	return data, nil
}

// addSymbols puts symbols into the set "debug", which is made if no set has that
// name.
func (r *Result) addSymbols(files []*layer.File) {
	if len(files) == 0 {
		return
	}
	i := slices.IndexFunc(r.Outputs, func(o Output) bool { return o.Name == debugSet })
	if i < 0 {
		i = len(r.Outputs)
		r.Outputs = append(r.Outputs, Output{Name: debugSet, Tree: layer.New()})
	}
	for _, f := range files {
		r.Outputs[i].Tree.Put(f)
	}
}
