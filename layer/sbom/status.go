package sbom

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
)

// StatusDir is where scanners look for the packages of an image without dpkg,
// one file each, as distroless has it.
const StatusDir = "/var/lib/dpkg/status.d"

// StatusFiles are the files of [StatusDir] for packages: their control fields,
// by which scanners know name, version, source and maintainer. A package
// without Control gets what else is known of it. The directories are not among
// them.
func StatusFiles(packages []Package) ([]*layer.File, error) {
	count := map[string]int{}
	for _, p := range packages {
		count[p.Name]++
	}
	var files []*layer.File
	for _, p := range packages {
		text, err := stanza(p)
		if err != nil {
			return nil, err
		}
		name := p.Name
		if count[name] > 1 { // of several architectures
			name += ":" + p.Architecture
		}
		from := layer.Origin{Kind: layer.FromPackage, Name: p.Name, What: p.Version}
		files = append(files, layer.Content(StatusDir+"/"+name, 0o644, []byte(text), from))
	}
	slices.SortFunc(files, func(a, b *layer.File) int { return layer.Compare(a.Path, b.Path) })
	for i := 1; i < len(files); i++ {
		if files[i].Path == files[i-1].Path {
			return nil, fmt.Errorf("package database: %s: twice", files[i].Origin.Name)
		}
	}
	return files, nil
}

// order is how dpkg sorts the fields that matter; others come behind, by name.
func order() []string {
	return []string{
		"Package", "Essential", "Protected", "Priority", "Section", "Installed-Size", "Maintainer", "Architecture", "Multi-Arch",
		"Source", "Version", "Replaces", "Provides", "Depends", "Pre-Depends", "Recommends", "Suggests", "Breaks", "Conflicts",
		"Enhances", "Description", "Homepage",
	}
}

// stanza is one package's control paragraph, deb822(5).
func stanza(p Package) (string, error) {
	fields := maps.Clone(p.Control)
	if fields == nil {
		fields = map[string]string{"Maintainer": p.Maintainer, "Homepage": p.Homepage}
		if p.Source != p.Name {
			fields["Source"] = p.Source
		}
	}
	for key, value := range map[string]string{"Package": p.Name, "Version": p.Version, "Architecture": p.Architecture} {
		if have, ok := fields[key]; ok && have != value {
			return "", fmt.Errorf("package database: %s: control file has %s %q, not %q", p.Name, key, have, value)
		}
		fields[key] = value
	}
	known := order()
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(fields)), func(k string) bool { return slices.Contains(known, k) })
	var b strings.Builder
	for _, key := range append(known, keys...) {
		value := strings.TrimRight(fields[key], "\n")
		if value == "" {
			continue
		}
		if err := checkField(key, value); err != nil {
			return "", fmt.Errorf("package database: %s: %w", p.Name, err)
		}
		b.WriteString(key + ": " + value + "\n")
	}
	return b.String(), nil
}

// checkField refuses what would end the field or the paragraph.
func checkField(key, value string) error {
	if key == "" || strings.ContainsAny(key, ": \n\t") {
		return fmt.Errorf("field name %q", key)
	}
	_, rest, more := strings.Cut(value, "\n")
	for more {
		var line string
		line, rest, more = strings.Cut(rest, "\n")
		if line == "" || line[0] != ' ' && line[0] != '\t' || strings.TrimSpace(line) == "" {
			return fmt.Errorf("field %s: line %q does not continue it", key, line)
		}
	}
	return nil
}
