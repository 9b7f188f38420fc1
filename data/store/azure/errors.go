package azure

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
)

// kinds are the codes that say more than their status does.
var kinds = map[bloberror.Code]error{
	bloberror.BlobNotFound: store.ErrNotExist, bloberror.ContainerNotFound: store.ErrNoBucket, bloberror.ContainerBeingDeleted: store.ErrNoBucket,
	bloberror.AuthenticationFailed: store.ErrCredentials, bloberror.InvalidAuthenticationInfo: store.ErrCredentials, bloberror.NoAuthenticationInformation: store.ErrPermission,
	bloberror.AuthorizationFailure: store.ErrPermission, bloberror.AuthorizationPermissionMismatch: store.ErrPermission, bloberror.InsufficientAccountPermissions: store.ErrPermission,
	bloberror.ResourceNotFound: store.ErrPermission, "PublicAccessNotPermitted": store.ErrPermission, // the container may be there, and not be public
}

// fault gives an error of the SDK its meaning. IfAbsent says that the request was
// to make what is not there.
func (s *service) fault(ctx context.Context, key string, err error, ifAbsent bool) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	address := s.URL(key)
	var said *azcore.ResponseError
	if !errors.As(err, &said) {
		var final interface{ NonRetriable() }
		if errors.As(err, &final) {
			text, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
			return &store.Error{
				URL: address, Kind: store.ErrCredentials, Cause: errors.New(text),
				Hint: "set AZURE_STORAGE_KEY or AZURE_STORAGE_CONNECTION_STRING, log in with az login, or add ?anonymous=true for a public container",
			}
		}
		return remote.NetworkError(address, err)
	}
	if said.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return remote.ErrRange
	}
	var cause error
	var header http.Header
	if said.ErrorCode != "" {
		cause = errors.New("the server says " + said.ErrorCode)
	}
	if said.RawResponse != nil {
		header = said.RawResponse.Header
	}
	e := remote.StatusError(address, said.StatusCode, header, cause)
	kind, known := kinds[bloberror.Code(said.ErrorCode)]
	switch {
	case known:
		e.Kind = kind
	case said.StatusCode == http.StatusNotFound && said.ErrorCode != "":
		e.Kind, e.Cause = nil, cause // it is not the object that is missing
	case ifAbsent && (said.StatusCode == http.StatusPreconditionFailed || said.ErrorCode == string(bloberror.BlobAlreadyExists)):
		e.Kind = store.ErrExist
	}
	switch e.Kind {
	case store.ErrNotExist, store.ErrExist, store.ErrChanged, store.ErrNoBucket:
		e.Cause = nil
	case store.ErrPermission:
		e.Hint = "do the credentials have a right to this? A public container is read with ?anonymous=true"
	}
	return e
}
