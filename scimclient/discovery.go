package scimclient

import (
	"context"
	"net/http"
	"strings"
)

// ServiceProviderConfig is what a server says that it can do. See RFC 7643 §5 and RFC 9865 §4.
type ServiceProviderConfig struct {
	DocumentationURI string    `json:"documentationUri,omitempty"`
	Patch            Supported `json:"patch"`
	Bulk             struct {
		Supported      bool `json:"supported"`
		MaxOperations  int  `json:"maxOperations"`
		MaxPayloadSize int  `json:"maxPayloadSize"` // bytes
	} `json:"bulk"`
	Filter struct {
		Supported  bool `json:"supported"`
		MaxResults int  `json:"maxResults"`
	} `json:"filter"`
	ChangePassword Supported `json:"changePassword"`
	Sort           Supported `json:"sort"`
	ETag           Supported `json:"etag"`
	Pagination     struct {
		Cursor                  bool   `json:"cursor"`
		Index                   bool   `json:"index"`
		DefaultPaginationMethod string `json:"defaultPaginationMethod,omitempty"`
		DefaultPageSize         int    `json:"defaultPageSize,omitempty"`
		MaxPageSize             int    `json:"maxPageSize,omitempty"`
		CursorTimeout           int    `json:"cursorTimeout,omitempty"` // seconds
	} `json:"pagination,omitzero"`
	AuthenticationSchemes []AuthenticationScheme `json:"authenticationSchemes"`
	Meta                  Meta                   `json:"meta,omitzero"`
}

// Supported says whether a server has a feature.
type Supported struct {
	Supported bool `json:"supported"`
}

// AuthenticationScheme is one way to authenticate. See RFC 7643 §5.
type AuthenticationScheme struct {
	Type             string `json:"type"`
	Name             string `json:"name"`
	Description      string `json:"description,omitempty"`
	SpecURI          string `json:"specUri,omitempty"`
	DocumentationURI string `json:"documentationUri,omitempty"`
	Primary          bool   `json:"primary,omitempty"`
}

// ResourceType is one kind of resource that a server has. See RFC 7643 §6.
type ResourceType struct {
	ID               string `json:"id,omitempty"`
	Name             string `json:"name"`
	Endpoint         string `json:"endpoint"` // "/Users"; some servers leave out the slash
	Description      string `json:"description,omitempty"`
	Schema           string `json:"schema"`
	SchemaExtensions []struct {
		Schema   string `json:"schema"`
		Required bool   `json:"required"`
	} `json:"schemaExtensions,omitempty"`
	Meta Meta `json:"meta,omitzero"`
}

// Schema describes the attributes of a resource type or an extension. See RFC 7643 §7.
type Schema struct {
	ID          string      `json:"id"` // URN
	Name        string      `json:"name,omitempty"`
	Description string      `json:"description,omitempty"`
	Attributes  []Attribute `json:"attributes"`
	Meta        Meta        `json:"meta,omitzero"`
}

// Attribute is one attribute of a Schema, with its characteristics as the server writes them. See RFC 7643 §7.
type Attribute struct {
	Name            string      `json:"name"`
	Type            string      `json:"type"`
	MultiValued     bool        `json:"multiValued"`
	Description     string      `json:"description,omitempty"`
	Required        bool        `json:"required"`
	CaseExact       bool        `json:"caseExact"`
	Mutability      string      `json:"mutability,omitempty"`
	Returned        string      `json:"returned,omitempty"`
	Uniqueness      string      `json:"uniqueness,omitempty"`
	CanonicalValues []string    `json:"canonicalValues,omitempty"`
	ReferenceTypes  []string    `json:"referenceTypes,omitempty"`
	SubAttributes   []Attribute `json:"subAttributes,omitempty"`
}

// ServiceProviderConfig reads what the server can do.
func (c *Client) ServiceProviderConfig(ctx context.Context) (*ServiceProviderConfig, error) {
	res, err := c.call(ctx, c.request(http.MethodGet, "/ServiceProviderConfig", nil), true)
	if err != nil {
		return nil, err
	}
	return read[ServiceProviderConfig](res)
}

// ResourceTypes reads which kinds of resources the server has.
func (c *Client) ResourceTypes(ctx context.Context) ([]*ResourceType, error) {
	return discover[ResourceType](ctx, c, "/ResourceTypes")
}

// Schemas reads which attributes the resources have.
func (c *Client) Schemas(ctx context.Context) ([]*Schema, error) {
	return discover[Schema](ctx, c, "/Schemas")
}

// discover reads a discovery list, which comes whole and takes no parameters.
func discover[T any](ctx context.Context, c *Client, endpoint string) ([]*T, error) {
	res, err := c.call(ctx, c.request(http.MethodGet, endpoint, nil), true)
	if err != nil {
		return nil, err
	}
	found, err := readList(res.Body)
	if err != nil {
		return nil, err
	}
	all := make([]*T, len(found.Resources))
	for i, document := range found.Resources {
		if all[i], err = decode[T](document, ""); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Me reads the user that the token belongs to. Its ID is the permanent one, so everything
// else goes by Users. A server that answers with a redirect to the user is followed,
// within the base URL only. See RFC 7644 §3.11.
func (c *Client) Me(ctx context.Context) (*User, error) {
	res, err := c.call(ctx, c.request(http.MethodGet, "/Me", nil), true)
	if res != nil && res.Status/100 == 3 {
		if path, ok := c.below(res.Header.Get("Location")); ok {
			res, err = c.call(ctx, c.request(http.MethodGet, path, nil), true)
		}
	}
	if err != nil {
		return nil, err
	}
	return read[User](res)
}

// below is the path of a location under the base URL.
func (c *Client) below(location string) (string, bool) {
	base, _, _ := strings.Cut(c.BaseURL, "?")
	path, ok := strings.CutPrefix(location, strings.TrimSuffix(base, "/"))
	return path, ok && strings.HasPrefix(path, "/")
}
