package scim

// kind is a row of the table behind [Kind].
type kind struct {
	status   int
	scimType string // RFC 7644 table 9, or ""
	problem  string // the first sentence of the detail
	fix      string // the last sentences: what an IT admin does in the IdP
}

// The screens that the fixes name.
const (
	oktaMappings   = `Okta "Provisioning > To App > Attribute Mappings"`
	oktaConnection = `Okta "Provisioning > Integration"`
	oktaPush       = `Okta "Push Groups"`
	entraMappings  = `Entra "Provisioning > Attribute mapping"`
	entraAdmin     = `Entra "Provisioning > Admin Credentials"`

	fixMapping = "Correct the value or its mapping in " + oktaMappings + " or " + entraMappings + "."
	fixToken   = "Enter it in " + oktaConnection + ` as "Bearer " and the token, or in ` + entraAdmin + ` as "Secret Token" without "Bearer ".`
	fixClient  = "No mapping causes this: choose the connection's profile that fits the client, or report it to the client's maker."
	fixPath    = "Correct the target attribute in " + entraMappings + `, or the "External name" and "External namespace" in Okta "Directory > Profile Editor".`
	fixFilter  = `Check the matching attribute in ` + entraMappings + `, or the "Unique identifier field for users" in ` + oktaConnection + "."
	fixURL     = `Compare the address with the connection's base URL: in ` + oktaConnection + ` "Base URL", in ` + entraAdmin + ` "Tenant URL".`
)

// kinds is the closed table of refusals. Each fix names the screen at the IdP where the cause is found, or says that
// nothing has to be done there.
var kinds = map[Kind]kind{
	KindMalformedJSON:    {400, "invalidSyntax", "the body is not valid JSON", `If an admin wrote the body as a template (OneLogin "Configuration > SCIM JSON Template"), check its commas and quotes. ` + fixClient},
	KindDuplicateName:    {400, "invalidSyntax", "the body has the same attribute twice", "Map each target attribute once in " + oktaMappings + " or " + entraMappings + "."},
	KindTooDeep:          {400, "invalidSyntax", "the body is nested too deep", fixClient},
	KindNotUTF8:          {400, "invalidSyntax", "the body is not UTF-8 text", fixClient},
	KindNotAnObject:      {400, "invalidSyntax", "the body is not a JSON object", fixClient},
	KindBadSchemas:       {400, "invalidSyntax", `"schemas" does not name the schemas of this resource`, `Check the "External namespace" of custom attributes in Okta "Directory > Profile Editor". ` + fixClient},
	KindBadOperation:     {400, "invalidSyntax", "the PATCH operation is not valid", fixClient},
	KindNoOperations:     {400, "invalidSyntax", "the PATCH has no operations", fixClient},
	KindTooManyOps:       {400, "invalidSyntax", "the PATCH has too many operations", "Have the client send fewer changes per request."},
	KindUnknownAttribute: {400, "invalidSyntax", "the attribute is not declared", "Remove the attribute from " + oktaMappings + " or " + entraMappings + ", or correct its name."},
	KindBadSearch:        {400, "invalidSyntax", "the search request is not valid", fixClient},
	KindBadBulk:          {400, "invalidSyntax", "the bulk request is not valid", fixClient},

	KindWrongType:          {400, "invalidValue", "the value has the wrong type", fixMapping},
	KindMissing:            {400, "invalidValue", "a required value is missing or empty", "Map the attribute in " + oktaMappings + " or " + entraMappings + ", and fill it in for this user or group."},
	KindTwoPrimaries:       {400, "invalidValue", "more than one element is primary", "Mark one element as primary in " + oktaMappings + " or " + entraMappings + "."},
	KindNotCanonical:       {400, "invalidValue", "the value is not one of those that are possible", fixMapping},
	KindUnknownMember:      {400, "invalidValue", "the member does not exist in this connection", `Assign the user to the app first (Okta "Assignments", Entra "Users and groups"), then push the group again (` + oktaPush + `, or Entra "Provision on demand").`},
	KindOwnMember:          {400, "invalidValue", "a group cannot be its own member", "Take the group out of its own members in the IdP."},
	KindUnknownInExtension: {400, "invalidValue", "the extension does not declare the attribute", fixPath},
	KindBadParameter:       {400, "invalidValue", "the query parameter or header is not valid", fixClient},
	KindBothProjections:    {400, "invalidValue", `"attributes" and "excludedAttributes" were sent together`, fixClient},
	KindValueTooLong:       {400, "invalidValue", "the value is too long", fixMapping},
	KindTooManyValues:      {400, "invalidValue", "the attribute has too many values", fixMapping},
	KindUnknownBulkID:      {400, "invalidValue", "no operation of the request creates what the bulkId stands for", fixClient},
	KindNotAnEmail:         {400, "invalidValue", "this connection wants the userName to be one of the user's e-mail addresses", "Map userName and the e-mail to the same attribute in " + oktaMappings + " or " + entraMappings + "."},
	KindBadAccounts:        {400, "invalidValue", "the accounts of the user cannot be read, so nothing was changed", "Correct the value of the user's accounts attribute at the IdP: Okta \"Assignments\", the pencil beside the user; Entra: its source in " + entraMappings + "."},
	KindUnknownAccount:     {400, "invalidValue", "the account is none that this connection may give access to", "Correct the account id at the IdP. Ids tell upper from lower case."},
	KindUnknownRole:        {400, "invalidValue", "the workspace has no such role", "Correct the role at the IdP, or have an admin of the workspace make it. Roles tell upper from lower case."},
	KindUnknownTeam:        {400, "invalidValue", "the workspace has no such team", "Correct the team at the IdP, or have an admin of the workspace make it."},
	KindBadMapping:         {400, "invalidValue", "the connection's mapping cannot use the value", "Correct the value at the IdP, or the mapping of this connection."},

	KindBadPath:      {400, "invalidPath", "the path is malformed", fixPath},
	KindUnknownPath:  {400, "invalidPath", "the path names an attribute that is not declared", fixPath},
	KindNoTarget:     {400, "noTarget", "the path matches nothing", "Check the filter of the target attribute, such as emails[type eq \"work\"].value, in " + entraMappings + ". A strict profile creates no elements: choose the profile of the IdP."},
	KindReadOnly:     {400, "mutability", "the attribute is read-only", "Remove it from " + oktaMappings + " or " + entraMappings + "; this service sets it."},
	KindImmutable:    {400, "mutability", "the attribute cannot be changed once it is set", "Set the mapping in " + entraMappings + ` to apply "Only during object creation", or in ` + oktaMappings + ` to "Create" only.`},
	KindNotRemovable: {400, "mutability", "a required attribute cannot be removed", "Map a value that is never empty in " + oktaMappings + " or " + entraMappings + "."},

	KindBadFilter:         {400, "invalidFilter", "the filter cannot be read", fixFilter},
	KindUnknownInFilter:   {400, "invalidFilter", "the filter names an attribute that is not declared", fixFilter},
	KindFilterNotAllowed:  {400, "invalidFilter", "the attribute cannot be compared in this way", fixFilter},
	KindFilterTooComplex:  {400, "invalidFilter", "the filter is too long or nested too deep", fixFilter},
	KindTooMany:           {400, "tooMany", "the list would have to read too many resources", "Filter by an attribute that is indexed, such as userName, externalId or emails.value. " + fixFilter},
	KindDiscoveryFiltered: {403, "", "discovery cannot be filtered", fixClient},

	KindBadCursor:     {400, "invalidCursor", "the cursor does not belong to this list", "Start again from the first page. " + fixClient},
	KindExpiredCursor: {400, "expiredCursor", "the cursor has expired", "Start again from the first page, and read the pages without long breaks."},
	KindBadCount:      {400, "invalidCount", "the page size is not possible with this cursor", fixClient},

	KindNoToken:           {401, "", "the request carries no token", fixToken},
	KindMalformedToken:    {401, "", "what was sent is not a token of this service", "Copy the token again, whole and with one \"Bearer \" at most. " + fixToken},
	KindUnknownToken:      {401, "", "the token is not known", "Create a new token for the connection and copy it whole. " + fixToken},
	KindExpiredToken:      {401, "", "the token has expired", "Create a new token for the connection. " + fixToken},
	KindRevokedToken:      {401, "", "the token was revoked", "Create a new token for the connection. " + fixToken},
	KindForeignToken:      {401, "", "the token belongs to another connection", fixURL},
	KindAmbiguousToken:    {400, "invalidValue", "the token opens several connections, and the address names none of them", fixURL},
	KindInactiveUser:      {401, "", "the token is bound to a user who is deactivated or deleted", "Create a new token for the connection, bound to nobody or to an active user. " + fixToken},
	KindPaused:            {403, "", "the connection is paused", "Ask the admin of the workspace to resume it. Nothing is lost: the IdP catches up with its next cycle."},
	KindDisabled:          {403, "", "the connection is disabled", "Ask the admin of the workspace to enable it, or switch provisioning off in " + oktaConnection + " or " + `Entra "Provisioning > Overview".`},
	KindNoCreate:          {403, "", "this connection creates no users", "Have an admin of the workspace add the person first, or let the connection create users. Updates of known users still work."},
	KindRoleNotGranted:    {403, "", "this connection may not grant the role", "Choose another role at the IdP, or have an admin of the workspace put the role on the connection's list."},
	KindLastOwner:         {403, "", "the workspace would lose its last owner", "Give another member the owner's role first."},
	KindHeld:              {403, "", "too many members would leave at once, so the connection's leavers are held", "An admin of the workspace lets them through or rolls them back; the IdP tries again by itself."},
	KindNotEntitled:       {403, "", "provisioning is not allowed for this workspace", "Have the operator of this service allow it first. The IdP catches up with its next cycle."},
	KindNotEnabled:        {403, "", "provisioning is not enabled for this workspace", "Have an admin of the workspace enable it. The IdP catches up with its next cycle."},
	KindHookRefused:       {403, "", "the service's own rules refuse the user", "Ask the admin of the workspace about the reason given above."},
	KindAddress:           {403, "", "requests from this address are not allowed", "Have an admin of the workspace add the addresses of the IdP to the IP rules of the surface scim."},
	KindInsecureTransport: {403, "", "credentials over plain HTTP are refused", "Use the https:// address. " + fixURL},

	KindUnknownResource:  {404, "", "there is no such resource", `If it was deleted here, unassign and assign it again (Okta "Assignments"), or use Entra "Provisioning > Restart provisioning".`},
	KindUnknownEndpoint:  {404, "", "there is no such endpoint", fixURL},
	KindMethod:           {405, "", "the method is not allowed here", fixClient},
	KindTaken:            {409, "uniqueness", "the value is taken by another resource", `If it is the same person or group, let the IdP match it: Okta "Import" or "Push Groups > Link", Entra matching precedence in "Attribute mapping". Otherwise give this one another value.`},
	KindConflict:         {409, "", "the resource was changed by several requests at once", "Nothing has to be set: the IdP tries again."},
	KindFailedDependency: {409, "", "an operation that this one refers to has failed", "Correct that operation, and send both again."},
	KindCircular:         {409, "", "resources that refer to each other could not be created", "Create the resources first, and set the references afterwards."},
	KindVersion:          {412, "", "the resource has another version than the request expects", "Nothing has to be set: the client reads the resource again and repeats its change."},
	KindTooLarge:         {413, "", "the body is too large", "Have the client send fewer members or operations per request."},
	KindTooManyBulk:      {413, "", "the bulk request has too many operations", "Have the client send fewer operations per request: ServiceProviderConfig says how many."},
	KindMediaType:        {415, "", "the media type is not one of SCIM", fixClient},
	KindRateLimited:      {429, "", "the connection sends too many requests", "Nothing has to be set: the IdP waits and tries again. The operator of this service can raise the limit."},
	KindNotImplemented:   {501, "", "this service does not offer the operation", "Switch the feature off in " + oktaConnection + " or " + entraMappings + "."},
	KindNoMe:             {501, "", "the credential is bound to no user", "Use the URL of the resource, such as /Users/{id}, or have the operator bind the token to a user."},
	KindBusy:             {503, "", "the service is busy", "Nothing has to be set: the IdP tries again."},
	KindHookFailed:       {503, "", "the service's own provisioning rules gave no answer, so nothing was changed", "Nothing has to be done at the IdP, which tries again. The operator of this service finds the cause in its log."},
	KindForeignUser:      {409, "uniqueness", "the user belongs to another connection", "Have an admin of the workspace move the user to this connection, or take it out of the other one."},
	KindInternal:         {500, "", "the service failed", "Try again. If it fails again, give the request id to the operator of this service."},
}
