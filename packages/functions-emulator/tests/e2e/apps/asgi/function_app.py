"""A FastAPI app as a function app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import azure.functions as func
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel

started: list[str] = []


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    started.append("once")
    yield


api = FastAPI(lifespan=lifespan)


class Item(BaseModel):
    name: str
    quantity: int


@api.get("/")
async def root(request: Request) -> dict[str, object]:
    context = request.scope["azure_functions.function_name"]
    return {"at": "root", "started": started, "function": context}


@api.get("/items/{name}")
def item(name: str, detail: bool = False) -> dict[str, object]:
    if name == "nothing":
        raise HTTPException(404, "no such item")
    return {"name": name, "detail": detail}


@api.post("/items", status_code=201)
async def add(item: Item) -> Item:
    return item


app = func.AsgiFunctionApp(app=api, http_auth_level=func.AuthLevel.ANONYMOUS)
