package requestlog

// The methods and statuses of HTTP that the provisioning log tells apart: the domain knows HTTP by name only.
const (
	methodGet    = "GET"
	methodHead   = "HEAD"
	methodPost   = "POST"
	methodPut    = "PUT"
	methodPatch  = "PATCH"
	methodDelete = "DELETE"

	statusOK              = 200
	statusCreated         = 201
	statusNoContent       = 204
	statusBadRequest      = 400
	statusUnauthorized    = 401
	statusForbidden       = 403
	statusTooManyRequests = 429
)

// successOf is the status with which a change of that kind is answered.
func successOf(method string) int {
	switch method {
	case methodPost:
		return statusCreated
	case methodDelete:
		return statusNoContent
	}
	return statusOK
}
