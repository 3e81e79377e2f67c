"""A Flask app as a function app."""

import azure.functions as func
from flask import Flask, Response, jsonify, make_response, request

web = Flask(__name__)


@web.get("/")
def root() -> str:
    return "root of Flask"


@web.get("/items/<name>")
def item(name: str) -> Response:
    return jsonify(name=name, detail=request.args.get("detail"))


@web.post("/items")
def add() -> tuple[Response, int]:
    return jsonify(request.get_json()), 201


@web.get("/cookies")
def cookies() -> Response:
    response = make_response("set")
    response.set_cookie("one", "1", httponly=True)
    response.set_cookie("two", "2", path="/items")
    return response


app = func.WsgiFunctionApp(app=web.wsgi_app, http_auth_level=func.AuthLevel.ANONYMOUS)
