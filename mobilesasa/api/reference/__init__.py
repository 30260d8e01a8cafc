"""The API's own reference, made of its route table: an OpenAPI document, a page, samples, a Postman collection."""
