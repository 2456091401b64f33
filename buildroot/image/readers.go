package image

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

//go:embed readers.toml
var readersText string

// readers is the table of directories whose files one program reads, and the
// packages that have it.
var readers = tableOf(readersText)

// tableOf reads a table of paths and packages, once, when it is first asked for. A
// mistake in it is a bug of ours, which a test finds.
func tableOf(text string) func() map[string][]string {
	return sync.OnceValue(func() map[string][]string {
		table, err := parseReaders(text)
		if err != nil {
			panic(err)
		}
		return table
	})
}

func parseReaders(text string) (map[string][]string, error) {
	var table map[string][]string
	if _, err := toml.Decode(text, &table); err != nil {
		return nil, fmt.Errorf("read table of readers: %w", err)
	}
	for dir, packages := range table {
		if !strings.HasPrefix(dir, "/") || strings.HasSuffix(dir, "/") || len(packages) == 0 {
			return nil, fmt.Errorf("read table of readers: the row of %q is not complete", dir)
		}
	}
	return table, nil
}
