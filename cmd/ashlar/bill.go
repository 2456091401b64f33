package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/layer/oci"
	"github.com/ashlar-build/ashlar/layer/sbom"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// document is what other programs read of an image: "spdx", "cyclonedx" or
// "provenance".
func (e *env) document(of only, kind string) ([]byte, error) {
	bill, err := buildroot.ReadBill(e.opened.store, of.result)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "cyclonedx":
		return sbom.CycloneDX(bill)
	case "provenance":
		how, err := e.how(of)
		if err != nil {
			return nil, err
		}
		return sbom.Provenance(bill, how)
	}
	return sbom.SPDX(bill)
}

// documents are those that go to a registry with an image.
func (e *env) documents(of only, image *oci.Image) ([]*oci.Image, error) {
	var all []*oci.Image
	for _, d := range [][2]string{{"spdx", sbom.SPDXType}, {"provenance", sbom.ProvenanceType}} {
		data, err := e.document(of, d[0])
		if err != nil {
			return nil, err
		}
		artifact, err := oci.NewArtifact(image, d[1], data, nil)
		if err != nil {
			return nil, err
		}
		all = append(all, artifact)
	}
	return all, nil
}

// how says which files of the workspace made an image.
func (e *env) how(of only) (sbom.Build, error) {
	at := slices.IndexFunc(of.goals, func(g plan.Goal) bool { return g.Recipe == of.name })
	b := sbom.Build{Recipe: of.name, Action: string(of.goals[at].Action)}
	files, err := e.workspaceFiles()
	if err != nil {
		return b, err
	}
	names := []string{recipe.WorkspaceFile, lock.FileName}
	for _, i := range of.graph.All {
		if !slices.Contains(names, i.File) {
			names = append(names, i.File)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a workspace does without both
		}
		if err != nil {
			return b, fmt.Errorf("provenance of %s: %w", of.name, err)
		}
		sum := sha256.Sum256(text)
		b.Files = append(b.Files, sbom.File{Name: name, SHA256: hex.EncodeToString(sum[:])})
	}
	return b, nil
}
