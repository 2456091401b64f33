package deb

import (
	"errors"
	"fmt"
	"strings"
)

// A Control is the stanza that a package says of itself (deb-control(5)).
type Control struct {
	Name      string // Package
	Version   string
	Arch      string // Architecture
	MultiArch string // "same", "foreign", "allowed", or empty for "no"
	Essential bool   // Essential, or Protected as dpkg treats it when it removes

	// Text is the whole stanza as the package has it, without empty lines at
	// its end; Fields are its fields in order.
	Text   string
	Fields []Field
}

// A Field is one field of a stanza.
type Field struct {
	Name  string
	Value string // further lines included, each behind "\n" with its indent
}

// Get is the value of a field, whose name has no case, or "".
func (c *Control) Get(name string) string {
	for _, f := range c.Fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Qualified is how dpkg names the package's info files and speaks of it in its
// own files: with the architecture if several may be installed at once.
func (c *Control) Qualified() string {
	if c.MultiArch == "same" {
		return c.Name + ":" + c.Arch
	}
	return c.Name
}

// ParseControl reads the one stanza of a control member and checks that it can
// be a package's: a name, a version and an architecture in the letters that
// Debian Policy 5.6.7, 5.6.12 and deb-control(5) allow, which also makes them
// safe as parts of file names.
func ParseControl(text []byte) (Control, error) {
	c := Control{Text: strings.Trim(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")}
	for i, line := range strings.Split(c.Text, "\n") {
		if err := c.line(line); err != nil {
			return Control{}, fmt.Errorf("control, line %d: %w", i+1, err)
		}
	}
	for i, f := range c.Fields { // as dpkg does: white space at the end of a first line stays
		c.Fields[i].Value = strings.TrimRight(f.Value, " \t\n")
	}
	c.Name, c.Version, c.Arch = c.Get("Package"), c.Get("Version"), c.Get("Architecture")
	c.MultiArch = c.Get("Multi-Arch")
	if c.MultiArch == "no" {
		c.MultiArch = ""
	}
	c.Essential = c.Get("Essential") == "yes"
	return c, c.check()
}

func (c *Control) line(line string) error {
	if strings.TrimSpace(line) == "" {
		return errors.New("an empty line inside the stanza")
	}
	if line[0] == ' ' || line[0] == '\t' {
		if len(c.Fields) == 0 {
			return errors.New("a continuation of nothing")
		}
		last := &c.Fields[len(c.Fields)-1]
		last.Value += "\n" + line
		return nil
	}
	name, value, ok := strings.Cut(line, ":")
	if !ok || name == "" || strings.ContainsAny(name, " \t") {
		return fmt.Errorf("no field: %.40q", line)
	}
	for _, f := range c.Fields {
		if strings.EqualFold(f.Name, name) {
			return fmt.Errorf("field %s stands there twice", name)
		}
	}
	c.Fields = append(c.Fields, Field{Name: name, Value: strings.TrimLeft(value, " \t")})
	return nil
}

func (c *Control) check() error {
	const lower, digit = "abcdefghijklmnopqrstuvwxyz", "0123456789"
	const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, f := range []struct{ name, value, allowed string }{
		{"Package", c.Name, lower + upper + digit + "+-."},
		{"Version", c.Version, lower + upper + digit + "+-.~:"},
		{"Architecture", c.Arch, lower + digit + "-"},
	} {
		switch {
		case f.value == "":
			return fmt.Errorf("control: no field %s", f.name)
		case strings.ContainsFunc(f.value, func(r rune) bool { return !strings.ContainsRune(f.allowed, r) }) || !strings.ContainsAny(f.value[:1], lower+upper+digit) || len(f.value) > 200:
			return fmt.Errorf("control: %s %.200q has letters that no package may have", f.name, f.value)
		}
	}
	switch c.MultiArch {
	case "", "same", "foreign", "allowed":
		return nil
	}
	return fmt.Errorf("control: Multi-Arch %q", c.MultiArch)
}
